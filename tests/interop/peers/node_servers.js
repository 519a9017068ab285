// Echo servers and proxies on packages of npm, for tests/interop/run.py. See python_servers.py.
//
// `node node_servers.js NAME PORT [CERT KEY]`, and for proxies the port of the server in UPSTREAM.
'use strict';

const fs = require('fs');
const http = require('http');
const https = require('https');

const HOST = '127.0.0.1';
const LIMIT = 64 << 20;
const [, , name, number, cert, key] = process.argv;
const port = Number(number);
const tls = cert && { cert: fs.readFileSync(cert), key: fs.readFileSync(key) };

function httpServer(onRequest) {
  return tls ? https.createServer(tls, onRequest) : http.createServer(onRequest);
}

const servers = {
  ws() {
    const { WebSocketServer } = require('ws');
    const server = httpServer();
    const sockets = new WebSocketServer({
      server,
      perMessageDeflate: { threshold: 0 },
      maxPayload: LIMIT,
      handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
    });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, binary) => {
        if (!binary && data.toString() === '!ping') socket.ping('p1');
        else if (!binary && data.toString() === '!close') socket.close(4001, 'bye');
        else socket.send(data, { binary });
      });
    });
    server.listen(port, HOST);
  },

  websocket() {
    const { server: WebSocketServer } = require('websocket');
    const server = httpServer();
    const sockets = new WebSocketServer({
      httpServer: server,
      maxReceivedFrameSize: LIMIT,
      maxReceivedMessageSize: LIMIT,
    });
    sockets.on('request', (request) => {
      const offered = request.requestedProtocols.includes('chat');
      const socket = request.accept(offered ? 'chat' : null, request.origin);
      socket.on('message', (message) => {
        if (message.type === 'binary') socket.sendBytes(message.binaryData);
        else if (message.utf8Data === '!ping') socket.ping('p1');
        else if (message.utf8Data === '!close') socket.close(4001, 'bye');
        else socket.sendUTF(message.utf8Data);
      });
    });
    server.listen(port, HOST);
  },

  faye() {
    const WebSocket = require('faye-websocket');
    const deflate = require('permessage-deflate');
    const server = httpServer();
    server.on('upgrade', (request, stream, body) => {
      const options = { extensions: [deflate], maxLength: LIMIT };
      const socket = new WebSocket(request, stream, body, ['chat'], options);
      socket.on('message', ({ data }) => {
        if (data === '!ping') socket.ping('p1');
        else if (data === '!close') socket.close(4001, 'bye');
        else socket.send(data);
      });
    });
    server.listen(port, HOST);
  },

  nodejs_websocket() {
    const library = require('nodejs-websocket');
    library.setMaxBufferLength(LIMIT);
    const options = {
      ...(tls ? { secure: true, ...tls } : {}),
      selectProtocol: (_connection, offered) => offered.find((one) => one === 'chat'),
      validProtocols: ['chat'],
    };
    library
      .createServer(options, (connection) => {
        connection.on('text', (text) => {
          if (text === '!ping') connection.sendPing('p1');
          else if (text === '!close') connection.close(4001, 'bye');
          else connection.sendText(text);
        });
        connection.on('binary', (stream) => {
          const parts = [];
          stream.on('data', (part) => parts.push(part));
          stream.on('end', () => connection.sendBinary(Buffer.concat(parts)));
        });
        connection.on('error', () => {});
      })
      .listen(port, HOST);
  },

  http_proxy() {
    proxy(require('http-proxy'));
  },

  http_proxy_3() {
    proxy(require('http-proxy-3'));
  },
};

function proxy(library) {
  const made = library.createProxyServer({ target: `http://${HOST}:${process.env.UPSTREAM}`, ws: true });
  made.on('error', () => {});
  const server = httpServer((request, response) => made.web(request, response));
  server.on('upgrade', (request, socket, head) => made.ws(request, socket, head));
  server.listen(port, HOST);
}

servers[name]();
