# an old Mac's line ends
> one> two