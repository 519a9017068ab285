"""Echo servers on Python's WebSocket libraries, for tests/interop/run.py.

`python python_servers.py NAME PORT [CERT KEY]` serves on 127.0.0.1 until it is ended. Every server echoes
messages with their type, accepts the subprotocol `chat`, sends a Ping after the text `!ping`, and closes
with 4001 and the reason `bye` after the text `!close`, as far as its library can do that.
"""

import asyncio
import ssl
import sys

HOST = "127.0.0.1"
LIMIT = 64 << 20
CHAT = ["chat"]


def context(tls):
    if not tls:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*tls)
    return made


def select(_connection, offered):
    return "chat" if "chat" in offered else None


def websockets_asyncio(port, tls):
    from websockets.asyncio.server import serve

    async def echo(connection):
        async for message in connection:
            if message == "!ping":
                await connection.ping(b"p1")
            elif message == "!close":
                await connection.close(4001, "bye")
            else:
                await connection.send(message)

    async def main():
        async with serve(echo, HOST, port, ssl=context(tls), max_size=LIMIT, select_subprotocol=select) as server:
            await server.serve_forever()

    asyncio.run(main())


def websockets_threading(port, tls):
    from websockets.sync.server import serve

    def echo(connection):
        for message in connection:
            if message == "!ping":
                connection.ping(b"p1")
            elif message == "!close":
                connection.close(4001, "bye")
            else:
                connection.send(message)

    with serve(echo, HOST, port, ssl=context(tls), max_size=LIMIT, select_subprotocol=select) as server:
        server.serve_forever()


def aiohttp(port, tls):
    from aiohttp import WSMsgType, web

    async def echo(request):
        socket = web.WebSocketResponse(max_msg_size=LIMIT, protocols=CHAT)
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                await socket.send_bytes(message.data)
            elif message.data == "!ping":
                await socket.ping(b"p1")
            elif message.data == "!close":
                await socket.close(code=4001, message=b"bye")
            else:
                await socket.send_str(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/", echo)
    web.run_app(app, host=HOST, port=port, ssl_context=context(tls), print=None)


def tornado(port, tls):
    from tornado.httpserver import HTTPServer
    from tornado.web import Application
    from tornado.websocket import WebSocketHandler

    class Echo(WebSocketHandler):
        def check_origin(self, origin):
            return True

        def get_compression_options(self):
            return {}

        def select_subprotocol(self, subprotocols):
            return "chat" if "chat" in subprotocols else None

        def on_message(self, message):
            if message == "!ping":
                self.ping(b"p1")
            elif message == "!close":
                self.close(4001, "bye")
            else:
                self.write_message(message, binary=isinstance(message, bytes))

    async def main():
        app = Application([("/", Echo)], websocket_max_message_size=LIMIT)
        HTTPServer(app, ssl_options=context(tls), max_buffer_size=2 * LIMIT).listen(port, HOST)
        await asyncio.Event().wait()

    asyncio.run(main())


async def asgi(scope, receive, send):
    """The application of the ASGI servers. ASGI has no Pings."""
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    if scope["type"] != "websocket":
        return
    await receive()
    offered = "chat" in scope.get("subprotocols", [])
    await send({"type": "websocket.accept", "subprotocol": "chat" if offered else None})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        text = event.get("text")
        if text == "!close":
            await send({"type": "websocket.close", "code": 4001, "reason": "bye"})
            return
        if text is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": event["bytes"]})


def uvicorn(port, tls, ws):
    from uvicorn import run

    cert, key = tls or (None, None)
    run(asgi, host=HOST, port=port, ws=ws, ws_max_size=LIMIT, lifespan="off", log_level="warning",
        ssl_certfile=cert, ssl_keyfile=key)


def hypercorn(port, tls):
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.websocket_max_message_size = LIMIT
    config.certfile, config.keyfile = tls or (None, None)
    asyncio.run(serve(asgi, config))


def daphne(port, tls):
    from daphne.cli import CommandLineInterface

    if tls:
        where = ["-e", f"ssl:{port}:privateKey={tls[1]}:certKey={tls[0]}:interface={HOST}"]
    else:
        where = ["-b", HOST, "-p", str(port)]
    CommandLineInterface().run([*where, "--verbosity", "0", "python_servers:asgi"])


def granian(port, tls):
    from pathlib import Path

    from granian import Granian
    from granian.constants import Interfaces

    cert, key = map(Path, tls) if tls else (None, None)
    Granian("python_servers:asgi", address=HOST, port=port, interface=Interfaces.ASGI, workers=1,
            ssl_cert=cert, ssl_key=key, log_enabled=False).serve()


def sanic(port, tls):
    from sanic import Sanic

    app = Sanic("echo", configure_logging=False)
    app.config.WEBSOCKET_MAX_SIZE = LIMIT

    @app.websocket("/")
    async def echo(_request, socket):
        async for message in socket:
            if message == "!ping":
                await socket.ping(b"p1")
            elif message == "!close":
                await socket.close(4001, "bye")
            else:
                await socket.send(message)

    app.run(host=HOST, port=port, ssl=context(tls), single_process=True, access_log=False, motd=False)


def autobahn(port, tls):
    from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
    from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
    from twisted.internet import reactor
    from twisted.internet.ssl import DefaultOpenSSLContextFactory

    class Echo(WebSocketServerProtocol):
        def onConnect(self, request):
            return "chat" if "chat" in request.protocols else None

        def onMessage(self, payload, isBinary):
            if payload == b"!ping" and not isBinary:
                self.sendPing(b"p1")
            elif payload == b"!close" and not isBinary:
                self.sendClose(4001, "bye")
            else:
                self.sendMessage(payload, isBinary)

    def accept(offers):
        for offer in offers:
            if isinstance(offer, PerMessageDeflateOffer):
                return PerMessageDeflateOfferAccept(offer)

    factory = WebSocketServerFactory()
    factory.protocol = Echo
    factory.setProtocolOptions(perMessageCompressionAccept=accept)
    if tls:
        reactor.listenSSL(port, factory, DefaultOpenSSLContextFactory(tls[1], tls[0]), interface=HOST)
    else:
        reactor.listenTCP(port, factory, interface=HOST)
    reactor.run()


def gevent(port, tls):
    from gevent.pywsgi import WSGIServer
    from geventwebsocket import WebSocketError
    from geventwebsocket.handler import WebSocketHandler

    def echo(environ, _start):
        socket = environ["wsgi.websocket"]
        try:
            while (message := socket.receive()) is not None:
                if message == "!ping":
                    socket.send_frame(b"p1", socket.OPCODE_PING)
                elif message == "!close":
                    socket.close(4001, "bye")
                else:
                    socket.send(message, isinstance(message, (bytes, bytearray)))
        except WebSocketError:
            pass
        return []

    files = {"certfile": tls[0], "keyfile": tls[1]} if tls else {}
    WSGIServer((HOST, port), echo, handler_class=WebSocketHandler, log=None, **files).serve_forever()


def simple_websocket(port, tls):
    from simple_websocket import ConnectionClosed, Server
    from werkzeug.serving import run_simple

    def echo(environ, _start):
        socket = Server.accept(environ, subprotocols=CHAT, max_message_size=LIMIT)
        try:
            while True:
                message = socket.receive()
                if message == "!close":
                    socket.close(4001, "bye")
                else:
                    socket.send(message)
        except ConnectionClosed:
            pass
        return []

    run_simple(HOST, port, echo, threaded=True, ssl_context=tls)


def websocket_server(port, tls):
    from websocket_server import WebsocketServer

    cert, key = tls or (None, None)
    server = WebsocketServer(host=HOST, port=port, cert=cert, key=key)

    def echo(client, server, message):
        server.send_message(client, message)

    server.set_fn_message_received(echo)
    server.run_forever()


def trio_websocket(port, tls):
    import trio
    from trio_websocket import ConnectionClosed, serve_websocket

    async def echo(request):
        offered = "chat" in request.proposed_subprotocols
        socket = await request.accept(subprotocol="chat" if offered else None)
        try:
            while True:
                message = await socket.get_message()
                if message == "!ping":
                    await socket.ping(b"p1")
                elif message == "!close":
                    await socket.aclose(4001, "bye")
                else:
                    await socket.send_message(message)
        except ConnectionClosed:
            pass

    trio.run(lambda: serve_websocket(echo, HOST, port, context(tls), max_message_size=LIMIT))


def picows(port, tls):
    from picows import WSListener, WSMsgType, ws_create_server

    class Echo(WSListener):
        def on_ws_frame(self, transport, frame):
            kind = frame.msg_type
            if kind == WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
            elif kind == WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code(), frame.get_close_message())
                transport.disconnect()
            elif kind != WSMsgType.PONG:
                payload = frame.get_payload_as_bytes()
                if payload == b"!ping":
                    transport.send_ping(b"p1")
                elif payload == b"!close":
                    transport.send_close(4001, b"bye")
                else:
                    transport.send(kind, payload, frame.fin)

    async def main():
        server = await ws_create_server(lambda _request: Echo(), HOST, port, ssl=context(tls),
                                        max_frame_size=LIMIT)
        await server.serve_forever()

    asyncio.run(main())


def socketify(port, tls):
    from socketify import App, AppListenOptions, AppOptions, CompressOptions

    files = AppOptions(cert_file_name=tls[0], key_file_name=tls[1]) if tls else None

    def echo(socket, message, opcode):
        if message == "!close":
            socket.end(4001, "bye")
        else:
            socket.send(message, opcode)

    app = App(files)
    app.ws("/*", {"compression": CompressOptions.DEDICATED_COMPRESSOR, "max_payload_length": LIMIT,
                  "max_backpressure": 2 * LIMIT, "idle_timeout": 60, "message": echo})
    app.listen(AppListenOptions(port=port, host=HOST), lambda _config: None)
    app.run()


def ws4py(port, tls):
    from wsgiref.simple_server import make_server

    from ws4py.server.wsgirefserver import WSGIServer, WebSocketWSGIRequestHandler
    from ws4py.server.wsgiutils import WebSocketWSGIApplication
    from ws4py.messaging import PingControlMessage
    from ws4py.websocket import WebSocket

    class Echo(WebSocket):
        def received_message(self, message):
            if message.is_text and message.data == b"!ping":
                self.send(PingControlMessage("p1"))
            elif message.is_text and message.data == b"!close":
                self.close(4001, "bye")
            else:
                self.send(message.data, message.is_binary)

    server = make_server(HOST, port, server_class=WSGIServer, handler_class=WebSocketWSGIRequestHandler,
                         app=WebSocketWSGIApplication(protocols=CHAT, handler_cls=Echo))
    if tls:
        server.socket = context(tls).wrap_socket(server.socket, server_side=True)
    server.initialize_websockets_manager()
    server.serve_forever()


def eventlet(port, tls):
    import eventlet
    from eventlet import wsgi
    from eventlet.websocket import WebSocketWSGI

    @WebSocketWSGI.configured(supported_protocols=CHAT)
    def echo(socket):
        while (message := socket.wait()) is not None:
            if message == "!close":
                socket.close((4001, "bye"))
                return
            socket.send(message)

    echo.max_frame_length = LIMIT

    listener = eventlet.listen((HOST, port))
    if tls:
        listener = eventlet.wrap_ssl(listener, certfile=tls[0], keyfile=tls[1], server_side=True)
    wsgi.server(listener, echo, log_output=False)


def microdot(port, tls):
    from microdot import Microdot
    from microdot.websocket import WebSocket, with_websocket

    app = Microdot()
    WebSocket.max_message_length = LIMIT

    @app.route("/")
    @with_websocket
    async def echo(_request, socket):
        while True:
            message = await socket.receive()
            if message == "!ping":
                await socket.send(b"p1", WebSocket.PING)
            elif message == "!close":
                return
            else:
                await socket.send(message)

    app.run(host=HOST, port=port, ssl=context(tls))


def simple_websocket_server(port, tls):
    from simple_websocket_server import WebSocket, WebSocketServer

    class Echo(WebSocket):
        def handle(self):
            if self.data == "!close":
                self.close(4001, "bye")
            else:
                self.send_message(self.data)

    cert, key = tls or (None, None)
    files = {"certfile": cert, "keyfile": key} if tls else {}
    WebSocketServer(HOST, port, Echo, **files).serve_forever()


def robyn(port, _tls):
    from robyn import Robyn, WebSocketDisconnect

    app = Robyn(__file__)

    @app.websocket("/")
    async def echo(socket):
        try:
            while True:
                message = await socket.receive_text()
                if message == "!close":
                    await socket.close()
                else:
                    await socket.send_text(message)
        except WebSocketDisconnect:
            pass

    app.start(host=HOST, port=port)


def pywebsocket3(port, tls):
    import os

    from pywebsocket3 import standalone

    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pywebsocket")
    options = ["-H", HOST, "-p", str(port), "-d", folder, "--log-level", "critical"]
    if tls:
        options += ["-t", "-c", tls[0], "-k", tls[1]]
    sys.argv = ["standalone", *options]
    standalone._main(options)


def qt(port, tls):
    from PyQt5.QtCore import QCoreApplication, QFile, QIODevice
    from PyQt5.QtNetwork import QHostAddress, QSsl, QSslCertificate, QSslConfiguration, QSslKey
    from PyQt5.QtWebSockets import QWebSocketProtocol, QWebSocketServer

    app = QCoreApplication([])
    mode = QWebSocketServer.SecureMode if tls else QWebSocketServer.NonSecureMode
    server = QWebSocketServer("echo", mode)
    if tls:
        files = [QFile(path) for path in tls]
        for file in files:
            file.open(QIODevice.ReadOnly)
        config = QSslConfiguration()
        config.setLocalCertificate(QSslCertificate(files[0]))
        config.setPrivateKey(QSslKey(files[1], QSsl.Ec))
        server.setSslConfiguration(config)
    open_sockets = set()

    def accept():
        socket = server.nextPendingConnection()
        open_sockets.add(socket)

        def on_text(message):
            if message == "!ping":
                socket.ping(b"p1")
            elif message == "!close":
                socket.close(QWebSocketProtocol.CloseCode(4001), "bye")
            else:
                socket.sendTextMessage(message)

        socket.textMessageReceived.connect(on_text)
        socket.binaryMessageReceived.connect(socket.sendBinaryMessage)
        socket.disconnected.connect(lambda: open_sockets.discard(socket))

    server.newConnection.connect(accept)
    assert server.listen(QHostAddress(HOST), port), server.errorString()
    app.exec_()


def soup(port, tls):
    import gi

    gi.require_version("Soup", "3.0")
    from gi.repository import Gio, GLib, Soup

    server = Soup.Server()
    if tls:
        server.set_tls_certificate(Gio.TlsCertificate.new_from_files(*tls))
    open_sockets = set()

    def on_message(socket, kind, message):
        if kind == Soup.WebsocketDataType.BINARY:
            socket.send_message(kind, message)
        elif message.get_data() == b"!close":
            socket.close(4001, "bye")
        else:
            socket.send_message(kind, message)

    def accept(_server, _message, _path, socket):
        socket.set_max_incoming_payload_size(LIMIT)
        socket.connect("message", on_message)
        socket.connect("closed", open_sockets.discard)
        open_sockets.add(socket)

    server.add_websocket_handler("/", None, CHAT, accept)
    options = Soup.ServerListenOptions.HTTPS if tls else 0
    server.listen(Gio.InetSocketAddress.new_from_string(HOST, port), Soup.ServerListenOptions(options))
    GLib.MainLoop().run()


SERVERS = {
    "uvicorn_websockets": lambda port, tls: uvicorn(port, tls, "websockets-sansio"),
    "uvicorn_wsproto": lambda port, tls: uvicorn(port, tls, "wsproto"),
}

if __name__ == "__main__":
    _, name, number, *files = sys.argv
    serve_it = SERVERS.get(name) or globals()[name]
    serve_it(int(number), tuple(files) or None)
