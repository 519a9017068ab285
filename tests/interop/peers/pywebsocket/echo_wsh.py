"""The handler of pywebsocket3."""


def web_socket_do_extra_handshake(request):
    offered = request.ws_requested_protocols or []
    request.ws_protocol = "chat" if "chat" in offered else None


def web_socket_transfer_data(request):
    while (message := request.ws_stream.receive_message()) is not None:
        if message == "!ping":
            request.ws_stream.send_ping(b"p1")
        elif message == "!close":
            request.ws_stream.close_connection(4001, "bye")
            return
        else:
            request.ws_stream.send_message(message, binary=isinstance(message, bytes))
