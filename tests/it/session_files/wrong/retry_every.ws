retry 1s after 2s
  > a
