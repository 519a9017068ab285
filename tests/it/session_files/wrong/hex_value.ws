> hex ${ID}
