url wss://chat.example.org/socket?room=1
header User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36
header Origin: https://chat.example.org
header Accept-Language: en-GB,en;q=0.9
header "Cookie: theme=${dark}"
subprotocol chat
subprotocol superchat
strict
at 211ms
> {"op":"hello","as":"ann"}
at 248ms
< {"op":"welcome"}
< base64 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw==
at 1.5s
> "ping"
at 1.53s
<
    two
    lines
within 17s
at 9.75s
< "late \u202e news"
> hex 00 ff
