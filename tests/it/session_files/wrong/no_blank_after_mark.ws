>hello
