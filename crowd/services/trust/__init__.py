"""Which workers are trusted: where they stand, who is examined or banned, and whose answers count again."""
