"""The report of an export: the paths that were written and the measurements."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class Report:
    """The result of an export; `str(report)` is a table.

    Args:
        paths: Files or directories that were written.
        rows: Lines of the table: dictionaries of texts, all with the same keys.
    """

    paths: list[pathlib.Path]
    rows: list[dict[str, str]]

    def __str__(self) -> str:
        header = list(self.rows[0])
        lines = [header, *([row[key] for key in header] for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
        texts = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([*texts, *(f"Wrote {path}" for path in self.paths)])


def size(path: pathlib.Path) -> str:
    """Returns the size of a file or a directory as text, such as `"1.25 MB"`."""
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return f"{sum(file.stat().st_size for file in files) / 1e6:.2f} MB"
