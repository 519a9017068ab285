// The echo server of nhooyr.io/websocket. See python_servers.py.
package main

import (
	"context"
	"net/http"
	"os"

	"nhooyr.io/websocket"
)

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:         []string{"chat"},
		InsecureSkipVerify:   true,
		CompressionMode:      websocket.CompressionContextTakeover,
		CompressionThreshold: 1,
	})
	if err != nil {
		return
	}
	c.SetReadLimit(64 << 20)
	for {
		kind, message, err := c.Read(context.Background())
		if err != nil {
			return
		}
		switch {
		case kind == websocket.MessageText && string(message) == "!ping":
			// It waits for the Pong, which is read here.
			go c.Ping(context.Background())
		case kind == websocket.MessageText && string(message) == "!close":
			c.Close(4001, "bye")
			return
		default:
			if c.Write(context.Background(), kind, message) != nil {
				return
			}
		}
	}
}

func main() {
	http.HandleFunc("/", echo)
	if len(os.Args) > 3 {
		panic(http.ListenAndServeTLS("127.0.0.1:"+os.Args[1], os.Args[2], os.Args[3], nil))
	}
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
