url ws://127.0.0.1:9001/
header Authorization: ${AUTHORIZATION}
header X-Empty;
option --force
strict
at 10ms
> ping a
> ping hex ff
at 30ms
< pong hex ff
at 40ms
> pong
at 50ms
> close 1001 going
at 60ms
< close 1001 going
