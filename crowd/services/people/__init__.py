"""The workers of a pool: how they come, what they may do and where they stand."""
