check within
