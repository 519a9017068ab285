< hex 08 id
