> hello ${NAME
