any
  < a
