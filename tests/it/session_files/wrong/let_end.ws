let A = uuid x
