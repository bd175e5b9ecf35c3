"""Pages of one HTML file, from a template and what goes into it."""

import html
import json
import pathlib
import string


def fill(template: pathlib.Path, **values: str) -> str:
    """Returns a page.

    Args:
        template: An HTML file with names such as `$title`.
        **values: HTML, styles or scripts for each of the names.
    """
    return string.Template(template.read_text(encoding="utf-8")).substitute(values)


def escaped(text: str) -> str:
    """Returns any text as HTML in ASCII; names of files that are not UTF-8 too."""
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode()


def script_json(value) -> str:
    """Returns a value as JSON in ASCII that no HTML reader takes for markup."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
