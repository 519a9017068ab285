every 5s a
