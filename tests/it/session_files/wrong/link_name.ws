@al.ice > hi
