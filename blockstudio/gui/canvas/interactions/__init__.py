"""One object for each gesture: made when it begins, gone when it ends."""
