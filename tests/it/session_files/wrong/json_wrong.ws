> json {"op": "ping", }
