@a http GET http://h/
