// A WebSocket server on node's `ws`, for tests of a client.
//
// `node ws_server.js [--tls CERT KEY] [--port=PORT]` prints `listening PORT`, behaves by the path of the
// request, and ends when its stdin ends, or after two minutes.

"use strict";

const fs = require("fs");
const http = require("http");
const https = require("https");
const { WebSocketServer } = require("ws");

const LIFETIME = 120_000;

const behaviours = {
  "/echo": (socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  },
  "/slow": (socket) => {
    // One after the other: each answer waits for the one before it.
    let before = Promise.resolve();
    socket.on("message", (data, binary) => {
      before = before
        .then(() => new Promise((resolve) => setTimeout(resolve, 700)))
        .then(() => socket.send(data, { binary }));
    });
  },
  "/fragmented": (socket) => {
    socket.send("frag-", { fin: false });
    socket.send("men-", { fin: false });
    socket.send("ted", { fin: true });
    socket.close(1000);
  },
  "/close": (socket) => socket.close(4001, "token expired"),
  "/ping": (socket) => {
    socket.on("pong", (payload) => {
      if (payload.toString() === "are you there") {
        socket.send("pong came");
      }
      socket.close(1000);
    });
    socket.ping("are you there");
  },
  "/binary": (socket) => {
    socket.send(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    socket.close(1000);
  },
  "/ticks": (socket) => {
    for (let number = 1; number <= 5; number++) {
      socket.send(`tick ${number}`);
    }
    socket.close(1000);
  },
  "/headers": (socket, request) => {
    socket.send(
      JSON.stringify({
        authorization: request.headers.authorization ?? null,
        origin: request.headers.origin ?? null,
        "user-agent": request.headers["user-agent"] ?? null,
        subprotocol: socket.protocol || null,
      }),
    );
    socket.close(1000);
  },
};

const [option, cert, key] = process.argv.slice(2);
const server =
  option === "--tls"
    ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) })
    : http.createServer();
const sockets = new WebSocketServer({ noServer: true, maxPayload: 0, perMessageDeflate: true });

server.on("upgrade", (request, stream, head) => {
  const behave = behaviours[request.url];
  if (!behave) {
    stream.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  sockets.handleUpgrade(request, stream, head, (socket) => {
    // A client that breaks off is the test's affair, not the server's end.
    socket.on("error", (error) => console.error(error.message));
    behave(socket, request);
  });
});

const port = process.argv.find((word) => word.startsWith("--port="))?.slice("--port=".length) ?? 0;
server.listen(port, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
setTimeout(() => process.exit(0), LIFETIME).unref();
