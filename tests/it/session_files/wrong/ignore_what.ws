ignore a
