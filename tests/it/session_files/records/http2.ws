url wss://chat.example.org/a
header origin: https://chat.example.org
strict
