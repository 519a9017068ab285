> json {"n": any}
