"""Who is asking: keys, tokens, sessions, passwords, and which rows are theirs to see."""
