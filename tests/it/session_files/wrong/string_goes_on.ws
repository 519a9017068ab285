> "hello" she said
