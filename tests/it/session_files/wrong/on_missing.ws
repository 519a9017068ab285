on
  > a
