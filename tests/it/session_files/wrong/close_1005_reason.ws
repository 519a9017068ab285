< close 1005 bye
