"""The workers of a pool: how they come, what they may do, where they stand, and how they are forgotten."""
