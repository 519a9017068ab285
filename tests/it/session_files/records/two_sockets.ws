@1 url wss://chat.example.org/a
@1 header User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36
@2 url wss://chat.example.org/b
@2 header Origin: https://chat.example.org
strict
at 300ms
@1 > from a
at 400ms
@2 < to b
at 500ms
@1 < to a
at 600ms
@2 > from b
