http POST http://h/
  cookie a=b
