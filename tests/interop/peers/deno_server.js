// The echo server of Deno. See python_servers.py.
const [number, cert, key] = Deno.args;
const tls = cert ? { cert: Deno.readTextFileSync(cert), key: Deno.readTextFileSync(key) } : {};

Deno.serve({ hostname: '127.0.0.1', port: Number(number), onListen() {}, ...tls }, (request) => {
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').includes('chat');
  const { socket, response } = Deno.upgradeWebSocket(request, offered ? { protocol: 'chat' } : {});
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    if (data === '!close') socket.close(4001, 'bye');
    else socket.send(data);
  };
  socket.onerror = () => {};
  return response;
});
