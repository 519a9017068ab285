// A JSON-RPC 2.0 server on `rpc-websockets`, for examples/json-rpc.ws.
//
// `node json_rpc_server.js` prints `listening PORT`, and ends when its stdin ends, or after two
// minutes.

"use strict";

const { Server } = require("rpc-websockets");

const LIFETIME = 120_000;

const server = new Server({ host: "127.0.0.1", port: 0 });
server.register("sum", (numbers) => numbers.reduce((sum, number) => sum + number, 0));
server.event("news");
server.register("publish", ([headline]) => {
  server.emit("news", { headline });
  return "published";
});
server.on("listening", () => console.log(`listening ${server.wss.address().port}`));

process.stdin.on("end", () => process.exit(0)).resume();
setTimeout(() => process.exit(0), LIFETIME).unref();
