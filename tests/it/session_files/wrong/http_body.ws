http POST http://h/
  body
