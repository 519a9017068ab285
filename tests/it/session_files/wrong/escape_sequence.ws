> [2Jcleared
