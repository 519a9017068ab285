> base64 AP8
