< json {"n": /(/}
