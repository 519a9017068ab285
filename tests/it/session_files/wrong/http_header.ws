http POST http://h/
  header X
