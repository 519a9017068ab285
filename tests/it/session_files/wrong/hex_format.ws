< hex 08 ID:9
