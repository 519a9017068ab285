# Two users in a chat: each message is sent to both. The server is npm's socket.io, started by
# tests/peers/chat_server.js; its messages are text with a number in front.
#
#     wsline test examples/chat.ws --var PORT=3000

url ws://127.0.0.1:${PORT}/socket.io/?EIO=4&transport=websocket
within 10s

# 0: the connection is open. 40: join the default namespace.
@alice < /^0\{"sid":/
@bob < /^0\{"sid":/
@alice > 40
@alice < /^40\{"sid":/

# 42: an event. With a number after it, the server acknowledges it with 43 and that number.
@alice > 421["join","alice"]
@alice < 431["welcome"]
@bob > 40
@bob < /^40\{"sid":/
@bob > 421["join","bob"]
@bob < 431["welcome"]
@alice < 42["joined","bob"]

@alice > 42["say","hello, \"everybody\""]
@alice < 42["said",{"from":"alice","text":"hello, \"everybody\""}]
@bob < 42["said",{"from":"alice","text":"hello, \"everybody\""}]
@bob > 42["say","hello, alice 🌍"]
@bob < 42["said",{"from":"bob","text":"hello, alice 🌍"}]
@alice < 42["said",{"from":"bob","text":"hello, alice 🌍"}]

# One user leaves, and the other is notified.
@bob > close
@bob < close
@alice < 42["left","bob"]
@alice < silence 200ms
