// A chat on `socket.io`, for examples/chat.ws.
//
// `node chat_server.js` prints `listening PORT`, and ends when its stdin ends, or after two minutes.

"use strict";

const http = require("http");
const { Server } = require("socket.io");

const LIFETIME = 120_000;

const server = http.createServer();
new Server(server, { serveClient: false }).on("connection", (socket) => {
  socket.on("join", (name, joined) => {
    socket.data.name = name;
    socket.broadcast.emit("joined", name);
    joined("welcome");
  });
  socket.on("say", (text) => socket.nsp.emit("said", { from: socket.data.name, text }));
  socket.on("disconnect", () => socket.broadcast.emit("left", socket.data.name));
});

server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
setTimeout(() => process.exit(0), LIFETIME).unref();
