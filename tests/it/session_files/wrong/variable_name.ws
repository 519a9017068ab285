> costs ${1}
