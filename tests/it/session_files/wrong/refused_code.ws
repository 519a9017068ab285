< refused 4o1
