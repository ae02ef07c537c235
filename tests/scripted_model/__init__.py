"""A language model that does what a test tells it to: scripts, a server that speaks them in two dialects, and its log."""
