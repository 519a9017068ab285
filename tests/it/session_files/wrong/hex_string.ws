< hex "a
