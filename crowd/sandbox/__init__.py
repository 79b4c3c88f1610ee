"""A marketplace to try things on: play money, a movable clock, faults on demand, simulated workers."""
