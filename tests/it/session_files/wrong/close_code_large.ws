> close 65536
