"""What people with the last word do: rule on cases, hear appeals, review pages, tell gold and correct it."""
