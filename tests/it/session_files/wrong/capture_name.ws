capture 1ST /id
