url ws://localhost/
hello there
