"""A turn: one message asked, read, answered, judged and finished."""
