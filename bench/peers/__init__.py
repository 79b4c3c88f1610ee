"""Other tools, installed apart and driven with the same load."""
