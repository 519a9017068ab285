capture ID /a~b
