< hi
wait
