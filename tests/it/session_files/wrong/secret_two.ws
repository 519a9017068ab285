secret A B
