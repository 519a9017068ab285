url ws://h
reconnect now
