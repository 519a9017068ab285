< header Sec-WebSocket-Protocol chat
