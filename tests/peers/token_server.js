// A server on node's `ws` that refuses who has no token, for examples/token.ws.
//
// `node token_server.js TOKEN` prints `listening PORT`, and ends when its stdin ends, or after two
// minutes.

"use strict";

const { WebSocketServer } = require("ws");

const LIFETIME = 120_000;

const [token] = process.argv.slice(2);
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  verifyClient: ({ req }, accept) => {
    const authorised = req.headers.authorization === `Bearer ${token}`;
    accept(authorised, 401, undefined, { "WWW-Authenticate": "Bearer" });
  },
});
server.on("connection", (socket) => socket.send("welcome"));
server.on("listening", () => console.log(`listening ${server.address().port}`));

process.stdin.on("end", () => process.exit(0)).resume();
setTimeout(() => process.exit(0), LIFETIME).unref();
