let A = sha1("a")
