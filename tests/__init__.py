"""Sealmate's tests: unit, contract, pipeline, end to end, vectors."""
