# The server of token.ws refuses a client with no token or a wrong one.

url ws://127.0.0.1:${PORT}/
@wrong header Authorization: Bearer guessed

@nobody < refused 401
@nobody < header WWW-Authenticate: Bearer
@wrong < refused 401
