capture ID match /(/
