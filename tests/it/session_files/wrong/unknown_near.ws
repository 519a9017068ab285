widthin 2s
