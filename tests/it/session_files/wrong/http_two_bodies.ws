http POST http://h/
  body a
  json {}
