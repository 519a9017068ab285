# obs-websocket 5: identifies itself with the password in the variable PASSWORD, if the server wants one.
# Requests must wait until it is identified (op 2):
#
#     PASSWORD=secret wsline --rules examples/rules/obs-websocket.ws ws://localhost:4455 \
#         -e '< json {"op":2}' -d '{"op":6,"d":{"requestType":"GetVersion","requestId":"1"}}'

subprotocol obswebsocket.json
default PASSWORD ""
secret PASSWORD
on < json {"op":0, "d":{"authentication":{"challenge": string as CHALLENGE, "salt": string as SALT}}}
  let KEY = base64(sha256("${PASSWORD}${SALT}"))
  let ANSWER = base64(sha256("${KEY}${CHALLENGE}"))
  > json {"op":1,"d":{"rpcVersion":1,"authentication":"${ANSWER}"}}
on < json {"op":0}
  > json {"op":1,"d":{"rpcVersion":1}}
