// The echo server of gorilla/websocket. See python_servers.py.
package main

import (
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	CheckOrigin:       func(*http.Request) bool { return true },
	EnableCompression: true,
	Subprotocols:      []string{"chat"},
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return
		}
		soon := time.Now().Add(5 * time.Second)
		switch {
		case kind == websocket.TextMessage && string(message) == "!ping":
			c.WriteControl(websocket.PingMessage, []byte("p1"), soon)
		case kind == websocket.TextMessage && string(message) == "!close":
			c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "bye"), soon)
		default:
			if c.WriteMessage(kind, message) != nil {
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
