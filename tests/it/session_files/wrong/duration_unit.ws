within 2h
