< json {"n": [1, ..
