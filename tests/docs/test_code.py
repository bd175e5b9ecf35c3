"""The Python blocks of the documentation, run in a short form."""

import pathlib
import re

import pytest
from support import pages

WITH_CODE = [
    path
    for path in pages.PAGES
    if any(block.language == "python" for block in pages.blocks(path.read_text()))
]
FAST = ("README.md", "docs/getting_started.md")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path, id=pages.name(path), marks=() if pages.name(path) in FAST else pytest.mark.slow
        )
        for path in WITH_CODE
    ],
)
def test_python_blocks_run(path, tmp_path, monkeypatch):
    """In order, in one namespace: a page may build on what stands above. Trainings have one
    epoch.
    """
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "__main__"}
    for block in pages.blocks(path.read_text()):
        if block.language == "python" and not block.reason:
            # The line numbers of an error are those of the page.
            code = "\n" * (block.line - 1) + re.sub(r"epochs=\d+", "epochs=1", block.code)
            exec(compile(code, str(path), "exec"), names)
    if path.name == "README.md":
        assert names["gan"].generate(2, seed=0).shape == (2, 8, 8, 1)
        assert pathlib.Path("gan.keras").exists()


def test_most_blocks_are_run():
    blocks = [block for path in WITH_CODE for block in pages.blocks(path.read_text())]
    python = [block for block in blocks if block.language == "python"]
    assert len([block for block in python if block.reason]) < len(python) / 2
