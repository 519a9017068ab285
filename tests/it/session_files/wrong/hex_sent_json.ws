> hex 03 json {}
