"""What a project would cost and be worth, simulated before anything is spent; pure, without a database."""
