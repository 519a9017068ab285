repeat 2
