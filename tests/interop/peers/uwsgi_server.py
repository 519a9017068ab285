"""The application of uWSGI."""

import uwsgi


def application(environ, _start):
    uwsgi.websocket_handshake(environ["HTTP_SEC_WEBSOCKET_KEY"], environ.get("HTTP_ORIGIN", ""))
    try:
        while True:
            message = uwsgi.websocket_recv()
            try:
                message.decode()
                uwsgi.websocket_send(message)
            except UnicodeDecodeError:
                uwsgi.websocket_send_binary(message)
    except OSError:
        return []
