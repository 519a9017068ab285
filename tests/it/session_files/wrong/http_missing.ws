http
