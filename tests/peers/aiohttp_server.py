"""A WebSocket server on python's `aiohttp`, for tests of a client.

`python aiohttp_server.py [--tls CERT KEY]` prints `listening PORT`, behaves by the path of the
request, and ends when its stdin ends, or after two minutes.
"""

import argparse
import asyncio
import json
import os
import ssl
import sys
import threading

from aiohttp import WSMsgType, web

LIFETIME = 120


async def answer_all(socket, delay):
    async for message in socket:
        await asyncio.sleep(delay)
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)


async def echo(_request, socket):
    await answer_all(socket, 0)


async def slow(_request, socket):
    await answer_all(socket, 0.7)


async def fragmented(request, socket):
    # aiohttp can't send fragments: their frames (RFC 6455 section 5.2: FIN and opcode, length)
    # are written below it, into its own connection.
    for first, fragment in ((0x01, b"frag-"), (0x00, b"men-"), (0x80, b"ted")):
        request.transport.write(bytes([first, len(fragment)]) + fragment)
    await socket.close()


async def close(_request, socket):
    await socket.close(code=4001, message=b"token expired")


async def ping(_request, socket):
    await socket.ping(b"are you there")
    answer = await socket.receive()
    if answer.type == WSMsgType.PONG and bytes(answer.data) == b"are you there":
        await socket.send_str("pong came")
    await socket.close()


async def binary(_request, socket):
    await socket.send_bytes(bytes(range(256)))
    await socket.close()


async def ticks(_request, socket):
    for number in range(1, 6):
        await socket.send_str(f"tick {number}")
    await socket.close()


async def headers(request, socket):
    seen = {
        "authorization": request.headers.get("Authorization"),
        "origin": request.headers.get("Origin"),
        "user-agent": request.headers.get("User-Agent"),
        "subprotocol": socket.ws_protocol,
    }
    await socket.send_str(json.dumps(seen))
    await socket.close()


BEHAVIOURS = {
    "/echo": echo,
    "/slow": slow,
    "/fragmented": fragmented,
    "/close": close,
    "/ping": ping,
    "/binary": binary,
    "/ticks": ticks,
    "/headers": headers,
}


async def behave(request):
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    socket = web.WebSocketResponse(
        # With autoping aiohttp answers Pings, and hides Pongs.
        autoping=request.path != "/ping",
        max_msg_size=0,
        protocols=[name.strip() for name in offered.split(",") if name.strip()],
    )
    await socket.prepare(request)
    await BEHAVIOURS[request.path](request, socket)
    return socket


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    tls = arguments.parse_args().tls
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    application = web.Application()
    application.add_routes([web.get(path, behave) for path in BEHAVIOURS])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    print(f"listening {runner.addresses[0][1]}", flush=True)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    await asyncio.sleep(LIFETIME)


asyncio.run(main())
