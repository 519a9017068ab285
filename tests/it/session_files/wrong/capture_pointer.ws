< json {"id":1}
capture ID id
