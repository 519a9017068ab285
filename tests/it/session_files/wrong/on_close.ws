on < close
  > a
