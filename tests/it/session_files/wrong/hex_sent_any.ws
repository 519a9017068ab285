> hex 08 ..
