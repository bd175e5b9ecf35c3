"""Settings and configs as `--help` and `--list` show them."""

import ml_collections
import pytest

from tf_gan.config import default_config
from tf_gan.runs import config_file, describe, fields

SETTINGS = describe.settings()


def test_every_setting_has_a_comment():
    config = default_config()
    sections = {each.name for each in SETTINGS if isinstance(each.default, dict)}
    names = {each.name for each in SETTINGS}
    for name in fields.names(config):
        assert name in names or name.rpartition(".")[0] in sections, name
    assert [each.name for each in SETTINGS if not each.comment] == []
    seed = next(each for each in SETTINGS if each.name == "seed")
    assert seed.default == 0
    assert seed.comment == "Fixes the initial weights, all noise and the order of the data."


def test_text_has_the_values_of_a_config():
    config = ml_collections.ConfigDict(default_config().to_dict())
    config.batch_size = 7
    lines = describe.text(config).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  batch_size = "))
    assert lines[at] == "  batch_size = 7"
    assert lines[at + 1].startswith("      Images in a minibatch")
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("note", config_file.notes(), ids=lambda note: note.name)
def test_every_config_says_what_it_took_and_came_to(note):
    assert (
        note.summary.endswith((".", ":")) and note.time.endswith(".") and note.score.endswith(".")
    )
    assert "http" not in note.summary and len(note.summary) < 160


def test_a_list_of_configs():
    text = describe.listing(config_file.notes())
    assert max(map(len, text.splitlines())) <= 100
    for name in config_file.names():
        assert name in text


def test_a_config_in_the_list_has_its_time_and_its_score():
    note = config_file.Note("mine", "A GAN of mine.", "Two hours.", "FID 3.")
    line = f"{'mine':25}A GAN of mine. Time: Two hours. Score: FID 3."
    assert describe.listing([note]) == line


@pytest.mark.parametrize(("value", "text"), [("", "''"), ("adam", "adam"), ((1, 2), "(1, 2)")])
def test_values_are_shown_as_on_the_command_line(value, text):
    assert describe.shown(value) == text
