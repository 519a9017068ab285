# JSON-RPC 2.0: calls, errors, a batch, and a client that subscribes to what another publishes. The
# server is npm's rpc-websockets, started by tests/peers/json_rpc_server.js:
#
#     wsline test examples/json-rpc.ws --var PORT=8080

url ws://127.0.0.1:${PORT}/
within 10s
strict

# A call, and another that uses its result.
@caller > json {"jsonrpc":"2.0","id":1,"method":"sum","params":[2,3]}
@caller < json {"jsonrpc":"2.0","id":1,"result":5}
@caller capture SUM /result
@caller > json {"jsonrpc":"2.0","id":2,"method":"sum","params":[${SUM},10]}
@caller < json {"id":2,"result":15}

# Errors have the codes of the specification.
@caller > json {"jsonrpc":"2.0","id":3,"method":"nothing"}
@caller < json {"id":3,"error":{"code":-32601}}
@caller > {"jsonrpc":
@caller < json {"error":{"code":-32700}}
@caller > json {"jsonrpc":"2.0","id":4,"method":7}
@caller < json {"error":{"code":-32600}}

# A batch has one response.
@caller > json
    [
      {"jsonrpc":"2.0","id":5,"method":"sum","params":[1]},
      {"jsonrpc":"2.0","id":6,"method":"sum","params":[2]}
    ]
@caller < json [{"id":5,"result":1},{"id":6,"result":2}]

# Only the client that subscribed gets the notification.
@reader > json {"jsonrpc":"2.0","id":1,"method":"rpc.on","params":["news"]}
@reader < json {"id":1,"result":{"news":"ok"}}
@caller > json {"jsonrpc":"2.0","id":7,"method":"publish","params":["Rain"]}
@caller < json {"id":7,"result":"published"}
@reader < json {"notification":"news","params":{"headline":"Rain"}}
@caller < silence 200ms
