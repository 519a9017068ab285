url ws://localhost/
> café
