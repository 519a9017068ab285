default 1 2
