"""What is the answer? Answers of a crowd in, consensus out; pure, usable without a server."""
