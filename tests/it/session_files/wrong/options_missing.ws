option
