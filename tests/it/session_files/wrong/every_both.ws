every 5s > a
  > b
