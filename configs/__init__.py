"""Experiments, one a file; the docstring of each is its lab note."""
