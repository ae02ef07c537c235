"""Credits: reserved before a turn, then settled or released exactly once."""
