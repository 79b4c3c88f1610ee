"""One page between claim and submission: what stands on it, how it is held, taken, skipped and given back."""
