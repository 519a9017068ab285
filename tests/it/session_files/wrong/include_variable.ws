include ${FILE}
