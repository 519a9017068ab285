< json {"n": >}
