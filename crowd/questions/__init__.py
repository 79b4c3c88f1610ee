"""The documents of the MTurk protocol that the endpoint reads and writes: questions and answers."""
