url ws://h/
strict
within 3162240000s
at 3162240000s
< two hundred years
< the clock was set back
< late
