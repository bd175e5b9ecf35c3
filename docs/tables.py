"""Tables of the documentation that come from the code, so that a number stands in one
place. A page has `<!-- table: NAME -->`, docs/conf.py calls the function NAME.
"""

import html
import re

from tf_gan.runs import config_file, describe


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def _text(note: str) -> str:
    """Returns a sentence of a lab note with its flags as code and its pages as links."""
    note = re.sub(r"(?<!\S)--[\w.]+", r"`\g<0>`", note)
    return re.sub(
        r"docs/(\w+)\.md", lambda page: f"[{page[1].replace('_', ' ')}]({page[1]}.md)", note
    )


def configs() -> str:
    """What each config is, and what its lab note says of time and result."""
    return _table(
        ("config", "what it is", "time", "result"),
        [
            (f"`{note.name}`", _text(note.summary), _text(note.time), _text(note.score))
            for note in config_file.notes()
        ],
    )


def settings() -> str:
    """Each field of the config with its default, a table for each section."""
    sections: dict[str, list[tuple[str, ...]]] = {}
    for each in describe.settings():
        section = each.name.rpartition(".")[0].partition(".")[0]
        row = (
            f"`{each.name}`",
            f"`{describe.shown(each.default)}`",
            html.escape(each.comment, False),
        )
        sections.setdefault(section, []).append(row)
    head = ("field", "default", "meaning")
    return "\n\n".join(
        f"## {name or 'The run'}\n\n{_table(head, rows)}" for name, rows in sections.items()
    )


# For which data and machine a config is: the size of the pictures, how many, and what to
# train on. The time and the result come from its lab note.
CHOICES = [
    ("8x8, grey", "1,797 digits", "CPU", "digits"),
    ("28x28, grey", "50,000", "CPU, minutes", "mnist_best"),
    ("28x28, grey, classes", "50,000", "CPU, minutes", "mnist_conditional_best"),
    ("32x32, colour", "50,000", "one GPU", "cifar10_sngan"),
    ("32x32, colour, classes", "50,000", "one GPU", "cifar10_biggan"),
    ("32x32, colour, classes", "50,000", "GPUs", "cifar10_r3gan"),
    ("64x64, own folder", "200 to 30,000", "CPU or one GPU", "own_pictures"),
    ("64x64, own folder", "100 to 1,000", "CPU or one GPU", "image_folder_fastgan"),
    ("64x64, own folder", "500 to 30,000", "CPU or one GPU", "image_folder_stylegan2"),
    ("64x64, own folder", "more than 30,000", "one GPU", "image_folder_dcgan"),
    ("32x32, colour, classes", "50,000", "one GPU or more", "cifar10_stylegan2_ada"),
    ("64x64, faces", "70,000", "GPUs", "ffhq64_r3gan"),
    ("256x256, faces", "70,000", "GPUs", "ffhq256_r3gan"),
    ("256x256, faces or others", "1,000 or more", "one GPU or more", "ffhq256_stylegan2"),
    ("256x256, pairs", "a few hundred", "one GPU", "image_folder_pix2pix"),
    ("256x256, two folders", "a few hundred each", "one GPU", "image_folder_cycle_gan"),
    ("128x128, a folder a domain", "thousands", "one GPU", "image_folder_star_gan"),
    ("enlarge 4 times", "a few hundred photographs", "CPU, then one GPU", "srresnet"),
]


def choices() -> str:
    """Which config for which data and machine."""
    notes = {note.name: note for note in config_file.notes()}
    rows = [
        (
            f"{size}; {pictures}",
            machine,
            f"`{name}`",
            _text(notes[name].time),
            _text(notes[name].score),
        )
        for size, pictures, machine, name in CHOICES
    ]
    return _table(("pictures", "machine", "config", "time here", "result"), rows)
