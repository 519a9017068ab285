drop now
