let A = random 6..1
