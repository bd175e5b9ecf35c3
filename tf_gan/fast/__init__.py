"""The fastest forms of layers on the machine that trains."""
