url ws://localhost/
>
< hi
