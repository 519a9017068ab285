let A = hmac_sha256("a")
