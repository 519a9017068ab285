let A =
