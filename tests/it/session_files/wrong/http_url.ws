http GET
