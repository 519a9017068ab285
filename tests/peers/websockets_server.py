"""A WebSocket server on python's `websockets`, for tests of a client.

`python websockets_server.py [--tls CERT KEY] [--port=PORT]` prints `listening PORT`, behaves by the path
of the request, and ends when its stdin ends, or after two minutes.
"""

import argparse
import asyncio
import json
import os
import ssl
import sys
import threading

from websockets.asyncio.server import serve

LIFETIME = 120


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def slow(connection):
    async for message in connection:
        await asyncio.sleep(0.7)
        await connection.send(message)


async def fragmented(connection):
    # An iterable is sent as one message, a fragment for each item.
    await connection.send(["frag-", "men-", "ted"])
    await connection.close()


async def close(connection):
    await connection.close(4001, "token expired")


async def ping(connection):
    await (await connection.ping("are you there"))
    await connection.send("pong came")
    await connection.close()


async def binary(connection):
    await connection.send(bytes(range(256)))
    await connection.close()


async def ticks(connection):
    for number in range(1, 6):
        await connection.send(f"tick {number}")
    await connection.close()


async def headers(connection):
    request = connection.request.headers
    seen = {
        "authorization": request.get("Authorization"),
        "origin": request.get("Origin"),
        "user-agent": request.get("User-Agent"),
        "subprotocol": connection.subprotocol,
    }
    await connection.send(json.dumps(seen))
    await connection.close()


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


def refuse_unknown_paths(connection, request):
    if request.path not in BEHAVIOURS:
        return connection.respond(404, f"there is no {request.path}\n")
    return None


async def behave(connection):
    await BEHAVIOURS[connection.request.path](connection)


def take_first_subprotocol(_connection, offered):
    return offered[0] if offered else None


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    arguments.add_argument("--port", type=int, default=0)
    options = arguments.parse_args()
    tls = options.tls
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    server = await serve(
        behave,
        "127.0.0.1",
        options.port,
        ssl=context,
        max_size=None,
        process_request=refuse_unknown_paths,
        select_subprotocol=take_first_subprotocol,
    )
    port = server.sockets[0].getsockname()[1]
    print(f"listening {port}", flush=True)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    await asyncio.sleep(LIFETIME)


asyncio.run(main())
