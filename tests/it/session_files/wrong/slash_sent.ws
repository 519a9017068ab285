> /quit
