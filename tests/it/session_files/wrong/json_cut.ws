> json {"op": [1,

> hi
