"""What is read and never changed: lists, tables, and advice for requesters."""
