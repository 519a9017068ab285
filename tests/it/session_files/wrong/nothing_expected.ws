> hi
<   
