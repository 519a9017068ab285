url ws://127.0.0.1:9001/
header Authorization: ${AUTHORIZATION}
header X-Own: 1
strict
> hi
> ping p
< hi
< pong p
at 899ms
< hex 00 ff
at 8.205s
> close 1000 bye
< close 1000 bye
