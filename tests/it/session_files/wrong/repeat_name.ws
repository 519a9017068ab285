repeat 2 as 1
  > a
