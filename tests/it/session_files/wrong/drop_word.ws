dropp
