"""The fastest forms of convolutions on the machine that trains."""
