every 5s
