// The echo server of Bun. See python_servers.py.
const [, , number, cert, key] = process.argv;

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(number),
  tls: cert && { cert: Bun.file(cert), key: Bun.file(key) },
  fetch(request, server) {
    const offered = (request.headers.get('sec-websocket-protocol') ?? '').includes('chat');
    const headers = offered ? { 'Sec-WebSocket-Protocol': 'chat' } : {};
    return server.upgrade(request, { headers }) ? undefined : new Response('WebSocket only', { status: 426 });
  },
  websocket: {
    maxPayloadLength: 64 << 20,
    backpressureLimit: 128 << 20,
    perMessageDeflate: true,
    message(socket, message) {
      if (message === '!ping') socket.ping('p1');
      else if (message === '!close') socket.close(4001, 'bye');
      else socket.send(message, true);
    },
  },
});
