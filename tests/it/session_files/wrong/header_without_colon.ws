header Authorization Bearer ${TOKEN}
