capture ID /${NAME}
