"""Folders whose contents are known."""

import shutil

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from tf_gan.data.sources import folder_facts
from tf_gan.data.sources.folder_facts import inspect
from tf_gan.errors import UserError


def noise(path, size, mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(len(str(path))).integers(0, 256, (size[1], size[0], 4), np.uint8)
    Image.fromarray(values, "RGBA").convert(mode).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    noise(tmp_path / "a" / "1.png", (20, 10))
    noise(tmp_path / "a" / "deep" / "2.png", (30, 40), "L")
    noise(tmp_path / "b" / "3.png", (50, 50), "RGBA")
    noise(tmp_path / "b" / "4.png", (8, 8), "LA")
    Image.new("P", (9, 9)).save(tmp_path / "5.png", transparency=0)
    Image.new("RGB", (12, 12), (9, 9, 9)).save(tmp_path / "6.png")
    shutil.copy(tmp_path / "a" / "1.png", tmp_path / "b" / "0.png")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    noise(tmp_path / "cut.png", (64, 64))
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:500])
    return tmp_path


def test_facts(folder):
    facts = inspect(str(folder))
    assert (facts.count, facts.sampled) == (7, 7)
    assert (facts.heights, facts.widths) == ((8, 10, 50), (8, 20, 50))
    assert facts.aspect_ratios == (0.75, 1, 2)
    assert facts.modes == {"RGB": 3, "grey": 1, "RGBA": 2, "palette with transparency": 1}
    assert facts.classes == {"a": 2, "b": 3}
    assert facts.unreadable == ("bad.jpg", "cut.png")
    assert facts.duplicates == (("a/1.png", "b/0.png"),)
    assert facts.grey == 4  # 2, 4, 5 and 6.
    assert facts.transparent == 3  # 3, 4 and 5.
    assert facts.one_colour == ("5.png", "6.png")


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "grey"), ("I;16", "grey"), ("F", "grey"), ("LAB", "RGB"), ("CMYK", "RGB")],
)
def test_other_modes(tmp_path, mode, kind):
    Image.new(mode, (4, 4)).save(tmp_path / "a.tif")
    assert inspect(str(tmp_path)).modes == {kind: 1}


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_sizes_are_those_of_pictures_the_way_up_they_were_taken(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    noise(tmp_path / "a.jpg", (200, 100), exif=exif)
    facts = inspect(str(tmp_path))
    assert (facts.heights, facts.widths) == ((200, 200, 200), (100, 100, 100))


def test_the_sample_is_spread_over_the_folder(tmp_path):
    for number in range(200):
        Image.new("RGB", (2, 2), (number, 0, 0)).save(tmp_path / f"{number:03}.png")
    facts = inspect(str(tmp_path))
    assert (facts.count, facts.sampled, len(facts.one_colour)) == (200, 64, 64)
    assert (facts.one_colour[0], facts.one_colour[-1]) == ("000.png", "199.png")


def test_a_few_pictures_are_decoded(tmp_path, monkeypatch):
    for number in range(5):
        noise(tmp_path / f"{number}.png", (20, 10))
    load, loaded = PngImageFile.load, set()
    monkeypatch.setattr(PngImageFile, "load", lambda self: loaded.add(self.filename) or load(self))
    monkeypatch.setattr(folder_facts, "SAMPLED", 2)
    assert (inspect(str(tmp_path)).count, len(loaded)) == (5, 2)


def test_nothing_to_inspect(tmp_path):
    with pytest.raises(UserError, match="Found: no picture"):
        inspect(str(tmp_path))
    (tmp_path / "a.png").touch()
    with pytest.raises(UserError, match="Found: 1 pictures, none of them usable"):
        inspect(str(tmp_path))
    with pytest.raises(UserError, match="which is not a folder"):
        inspect(str(tmp_path / "missing"))
