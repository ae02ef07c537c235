"""Sealmate's server: a message asked, answered, sealed and charged."""
