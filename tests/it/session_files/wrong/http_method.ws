http get http://h/
