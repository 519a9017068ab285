any order
< a
