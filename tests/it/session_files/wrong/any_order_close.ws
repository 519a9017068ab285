any order
  < close
