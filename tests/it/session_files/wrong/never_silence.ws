never < silence 2s
