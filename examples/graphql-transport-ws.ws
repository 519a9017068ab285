# GraphQL over WebSocket (graphql-transport-ws): a query, a subscription, an invalid query, and clients
# that violate the protocol. The server is npm's graphql-ws, started by tests/peers/graphql_server.js:
#
#     wsline test examples/graphql-transport-ws.ws --var PORT=4000

url ws://127.0.0.1:${PORT}/graphql
subprotocol graphql-transport-ws
within 10s
strict

@client < header Sec-WebSocket-Protocol: graphql-transport-ws
@client > json {"type":"connection_init"}
@client < json {"type":"connection_ack"}

@client > json {"type":"ping","payload":{"at":1}}
@client < json {"type":"pong","payload":{"at":1}}

@client > json {"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}
@client < json {"id":"1","type":"next","payload":{"data":{"hello":"world"}}}
@client < json {"id":"1","type":"complete"}

@client > json
    {"id": "2", "type": "subscribe", "payload": {
      "query": "subscription Down($from: Int!) { countdown(from: $from) }",
      "variables": {"from": 3}
    }}
@client < json {"id":"2","type":"next","payload":{"data":{"countdown":3}}}
@client < json {"id":"2","type":"next","payload":{"data":{"countdown":2}}}
@client < json {"id":"2","type":"next","payload":{"data":{"countdown":1}}}
@client < json {"id":"2","type":"complete"}

@client > json {"id":"3","type":"subscribe","payload":{"query":"{ helo }"}}
@client < json
    {"id": "3", "type": "error", "payload": [
      {"message": "Cannot query field \"helo\" on type \"Query\". Did you mean \"hello\"?",
       "locations": [{"line": 1, "column": 3}]}
    ]}

# The server closes if a client subscribes before connection_init, or sends it twice.
@hasty > json {"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}
@hasty < close 4401 Unauthorized
@twice > json {"type":"connection_init"}
@twice < json {"type":"connection_ack"}
@twice > json {"type":"connection_init"}
@twice < close 4429 Too many initialisation requests
