tags !slow
