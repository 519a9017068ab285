# The protocol graphql-transport-ws (graphql-ws, Apollo): begins the connection and answers pings. A
# subscription must wait for the acknowledgement:
#
#     wsline --rules examples/rules/graphql-transport-ws.ws ws://localhost:4000/graphql \
#         -e '< json {"type":"connection_ack"}' \
#         -d '{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}'
#
# PAYLOAD is sent with the beginning, for example PAYLOAD='{"token":"secret"}'.

subprotocol graphql-transport-ws
default PAYLOAD {}
on open
  > json {"type":"connection_init","payload":${PAYLOAD}}
on < json {"type":"ping"}
  > {"type":"pong"}
ignore < json {"type":"ping" | "pong"}
