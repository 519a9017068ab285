retry 5s
  http GET
