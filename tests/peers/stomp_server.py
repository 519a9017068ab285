"""A STOMP broker over WebSocket, for examples/rules/stomp.ws: python's `coilmq`, which speaks TCP, behind
a WebSocket of `websockets`.

`python stomp_server.py` prints `listening PORT`, and ends when its stdin ends, or after two minutes.
"""

import asyncio
import os
import socket
import sys
import threading

from coilmq.queue import QueueManager
from coilmq.server.socket_server import ThreadedStompServer
from coilmq.store.memory import MemoryQueue
from coilmq.topic import TopicManager
from websockets.asyncio.server import serve

LIFETIME = 120

# The broker accepts only the name of its machine as the virtual host, which clients here do not know.
socket.getfqdn = lambda *_: "localhost"


def start_broker():
    broker = ThreadedStompServer(
        ("127.0.0.1", 0),
        queue_manager=QueueManager(store=MemoryQueue()),
        topic_manager=TopicManager(),
    )
    threading.Thread(target=broker.serve_forever, daemon=True).start()
    return broker.server_address[1]


async def to_client(reader, connection):
    """Sends each frame, which ends with NUL, and each heartbeat as a message."""
    while start := await reader.read(1):
        if start == b"\n":
            await connection.send("\n")
        else:
            await connection.send((start + await reader.readuntil(b"\0")).decode())


def bridge(port):
    async def bridged(connection):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = asyncio.create_task(to_client(reader, connection))
        async for message in connection:
            writer.write(message.encode() if isinstance(message, str) else message)
            await writer.drain()
        answers.cancel()
        writer.close()

    return bridged


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


async def main():
    handler = bridge(start_broker())
    server = await serve(handler, "127.0.0.1", 0, subprotocols=["v12.stomp"])
    print(f"listening {server.sockets[0].getsockname()[1]}", flush=True)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    await asyncio.sleep(LIFETIME)


asyncio.run(main())
