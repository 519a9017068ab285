let A = hex(
