// The echo server of golang.org/x/net/websocket. See python_servers.py.
package main

import (
	"net/http"
	"os"

	"golang.org/x/net/websocket"
)

// A message with its type, which the library's own codecs do not tell.
type message struct {
	data []byte
	kind byte
}

var codec = websocket.Codec{
	Marshal: func(v interface{}) ([]byte, byte, error) {
		m := v.(*message)
		return m.data, m.kind, nil
	},
	Unmarshal: func(data []byte, kind byte, v interface{}) error {
		*v.(*message) = message{data, kind}
		return nil
	},
}

func echo(c *websocket.Conn) {
	c.MaxPayloadBytes = 64 << 20
	for {
		var m message
		if codec.Receive(c, &m) != nil {
			return
		}
		if m.kind == websocket.TextFrame && string(m.data) == "!close" {
			c.WriteClose(4001)
			return
		}
		if codec.Send(c, &m) != nil {
			return
		}
	}
}

func handshake(config *websocket.Config, _ *http.Request) error {
	for _, protocol := range config.Protocol {
		if protocol == "chat" {
			config.Protocol = []string{"chat"}
			return nil
		}
	}
	config.Protocol = nil
	return nil
}

func main() {
	server := websocket.Server{Handler: echo, Handshake: handshake}
	if len(os.Args) > 3 {
		panic(http.ListenAndServeTLS("127.0.0.1:"+os.Args[1], os.Args[2], os.Args[3], server))
	}
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], server))
}
