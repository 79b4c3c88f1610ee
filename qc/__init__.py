"""Is the work good? Gold grading, agreement, spam, and whether an item needs another answer."""
