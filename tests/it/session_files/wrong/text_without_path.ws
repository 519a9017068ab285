< text @
