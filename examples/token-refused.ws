# The server of token.ws refuses who has no token, and who has a wrong one.

url ws://127.0.0.1:${PORT}/
@wrong header Authorization: Bearer guessed

@nobody < refused 401
@nobody < header WWW-Authenticate: Bearer
@wrong < refused 401
