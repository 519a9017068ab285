http POST http://h/
  json {"a":}
