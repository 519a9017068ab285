< /^hello
