curl --path-as-is -i -s -k -X $'GET' \
    -H $'Host: chat.example.org' -H $'Connection: Upgrade' -H $'Pragma: no-cache' -H $'Cache-Control: no-cache' -H $'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36' -H $'Upgrade: websocket' -H $'Origin: https://www.example.org' -H $'Sec-WebSocket-Version: 13' -H $'Accept-Encoding: gzip, deflate, br' -H $'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H $'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits' \
    -b $'session=it\'s; theme=\"dark\"; n=5\x25' \
    $'https://chat.example.org/socket?room=1&v=a%21b'
