// The echo server of workerd. See python_servers.py.
export default {
  async fetch(request) {
    if (request.headers.get('upgrade') !== 'websocket') {
      return new Response('WebSocket only', { status: 426 });
    }
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener('message', ({ data }) => {
      if (data === '!close') server.close(4001, 'bye');
      else server.send(data);
    });
    server.addEventListener('close', ({ code, reason }) => server.close(code === 1005 ? 1000 : code, reason));
    const offered = (request.headers.get('sec-websocket-protocol') ?? '').includes('chat');
    const headers = offered ? { 'Sec-WebSocket-Protocol': 'chat' } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  },
};
