> file not found
