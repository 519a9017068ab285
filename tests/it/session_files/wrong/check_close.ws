check close 1000
