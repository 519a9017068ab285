capture ID match id
