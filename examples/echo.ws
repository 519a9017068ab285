# An echo server with each kind of message. To try it, run `wsline echo` in another terminal, or
#
#     wsline test examples/echo.ws --serve 'wsline echo'

url ws://127.0.0.1:9001/

> hello
< hello

# JSON is compared by value: members may be in any order, and there may be more of them.
> json {"op":"ping","id":1}
< json {"id":1}

# A message of two lines, and one that needs quotes because `close` is a statement.
>
  one
  two
< /^one\ntwo$/
> "close"
< "close"

> hex c0 ff ee
< base64 wP/u

> ping are you there
< pong are you there

> close 1000 done
< close 1000
