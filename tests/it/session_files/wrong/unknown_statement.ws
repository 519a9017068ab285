url ws://localhost/
sned hello
