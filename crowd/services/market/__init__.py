"""The market that programs meet: the rules of the MTurk protocol, kept for our own people."""
