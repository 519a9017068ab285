any order
  > a
