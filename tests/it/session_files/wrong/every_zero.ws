every 0 > a
