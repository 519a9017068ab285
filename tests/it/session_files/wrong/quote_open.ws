option -A 'wsline test
> hi
