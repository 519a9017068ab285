retry often
  > a
