@alice > hi
@alice
