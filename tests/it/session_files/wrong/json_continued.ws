> json
    {"op": "subscribe",
     "names": ["a" "b"]}
