  > hi
