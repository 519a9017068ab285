default PORT
