@1 url wss://a.example/
@1 subprotocol v2
@2 url wss://b.example/
@3 url wss://a.example/
strict
at 200ms
@2 > to b
at 300ms
@1 < from a
at 400ms
@1 < close 1006
at 1.1s
@3 < close 1005
at 1.2s
@2 < close 4001 token expired
