> json
	{"a": nul,
	 "b": 1}
