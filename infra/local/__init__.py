"""Sealmate whole on one machine: the embedded cloud and the embedded language model."""
