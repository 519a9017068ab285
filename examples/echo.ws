# What an echo server does with each kind of message. To try it: `wsline echo` in another terminal, or
#
#     wsline test examples/echo.ws --serve 'wsline echo'

url ws://127.0.0.1:9001/

> hello
< hello

# JSON is compared by what it says: members may be in any order, and more of them may come.
> json {"op":"ping","id":1}
< json {"id":1}

# A message of two lines, and one that would be read as something else.
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
