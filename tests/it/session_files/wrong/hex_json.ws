< hex 03 json {"a": strng}
