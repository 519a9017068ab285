repeat 2 of N
  > a
