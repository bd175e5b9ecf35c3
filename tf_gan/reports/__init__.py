"""The page of a run: `report.html`. Nothing here imports TensorFlow."""

from tf_gan.reports.page import render, write

__all__ = ["render", "write"]
