on < 2
  > file @a
