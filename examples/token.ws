# A server that requires a token accepts the right one. The server is npm's ws, started by
# tests/peers/token_server.js:
#
#     TOKEN=… wsline test examples/token.ws examples/token-refused.ws --var PORT=8080
#
# Reports do not show the token.

url ws://127.0.0.1:${PORT}/
header Authorization: Bearer ${TOKEN}

< status 101
< welcome
