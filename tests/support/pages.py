"""What the tests of the documentation read from its Markdown."""

import dataclasses
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "export/serving/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
FENCE = re.compile(
    r"^(?P<mark>```+|~~~+)\{?(?P<language>[\w-]*).*?\n(?P<code>.*?)^(?P=mark)", re.M | re.S
)
NOT_RUN = re.compile(r"<!-- not run: ([^>]+) -->\s*\Z")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block: its language, its code, and why it is not run, if it is not."""

    language: str
    code: str
    line: int
    reason: str | None


def name(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(text: str) -> list[Block]:
    """Returns the fenced blocks of a page. `<!-- not run: REASON -->` stands before those
    that cannot be run as they stand.
    """
    found = []
    for match in FENCE.finditer(text):
        reason = NOT_RUN.search(text[: match.start()])
        line = text[: match.start("code")].count("\n") + 1
        found.append(Block(match["language"], match["code"], line, reason and reason[1]))
    return found


def prose(text: str) -> str:
    """Returns a page without its fenced and indented blocks, and without code in its lines."""
    text = re.sub(r"(?m)^ {4}.*$", "", FENCE.sub("", text))
    return re.sub(r"`[^`\n]+`", "code", text)


def commands(text: str) -> list[list[str]]:
    """Returns the command lines of this package on a page: those in blocks, where a
    backslash joins lines, and those in `code`.
    """
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = re.findall(r"(?m)^(?: {4,}|\$ |(?=tf-gan-))((?:pip install .* && )?tf-gan-.*)$", joined)
    lines += re.findall(r"`(tf-gan-\w+ [^`]+)`", re.sub(r"\s*\n\s*", " ", joined))
    found = []
    for line in lines:
        line = line.rpartition(" && ")[2].partition(" | ")[0].partition(" # ")[0]
        found.append(shlex.split(line))
    return found


def anchors(text: str) -> set[str]:
    """Returns the names by which links reach the headings of a page."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.+)$", FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain).strip()))
    return found
