< json {"type": strng}
