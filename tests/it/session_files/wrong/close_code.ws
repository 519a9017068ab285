< close normal
