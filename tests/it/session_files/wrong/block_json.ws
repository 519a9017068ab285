repeat 2
  > a
  < json {"a": strng}
