> "hello
