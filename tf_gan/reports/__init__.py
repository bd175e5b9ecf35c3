"""The page of a run: `report.html`. Nothing here imports TensorFlow."""

import html
import sys

from tf_gan.reports.page import COMPARISON, NAME, RELOAD, render, write

__all__ = ["COMPARISON", "NAME", "RELOAD", "show", "write"]


def show(workdirs: list):
    """Returns the page of runs for a notebook to display, with the pictures in it; where
    no notebook asks, writes it and returns its path.

    Args:
        workdirs: Run directories, one or more.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not hasattr(shell, "kernel"):  # Python, or IPython on a terminal.
        return write(workdirs)
    from IPython.display import HTML

    page = html.escape(render(workdirs, link=None))
    return HTML(
        f'<div><iframe srcdoc="{page}" sandbox="allow-scripts" title="Report"'
        ' style="width: 100%; height: 800px; border: 0"></iframe></div>'
    )
