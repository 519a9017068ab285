@ > hi
