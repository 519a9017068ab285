> hex c0 fg ee
