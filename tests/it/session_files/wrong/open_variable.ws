@a open ws://h/${
