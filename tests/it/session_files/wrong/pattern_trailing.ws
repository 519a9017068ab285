< json {"n": 1} and
