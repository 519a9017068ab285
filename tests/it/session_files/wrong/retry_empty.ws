retry 1s
> a
