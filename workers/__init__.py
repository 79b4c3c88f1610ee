"""Who did it? Skill, pay and fees, and simulated people."""
