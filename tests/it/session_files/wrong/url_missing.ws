url
> hi
