let 1 = uuid
