"""A layer of the contract tests: proves that layers are importable and that function code comes first."""

NAME = "layer"
