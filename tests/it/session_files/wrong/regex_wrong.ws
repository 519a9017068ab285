< /(hello|hi/
