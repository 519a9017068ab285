url ws://localhost/
  chat
