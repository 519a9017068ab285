< json {"n": any as 1}
