< json {n: 1}
