< any message
