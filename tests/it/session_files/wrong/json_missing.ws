< json
