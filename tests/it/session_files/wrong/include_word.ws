inclde a.ws
