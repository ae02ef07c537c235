"""The terminal client of Sealmate: same protocol and same keys as every other client, in Python."""
