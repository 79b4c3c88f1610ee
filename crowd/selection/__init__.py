"""Which items to ask people about next; pure functions of a model's probabilities."""
