"""Reading pictures in threads."""

import os
import threading
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from tf_gan.data import image_folder, image_pairs, photographs
from tf_gan.data.pictures import read_pictures


def test_filters_of_warnings_stay_as_they_were(tmp_path, monkeypatch, caplog):
    for name in ("a.png", "b.png"):
        Image.new("L", (4, 4)).save(tmp_path / name)
    Image.new("L", (9, 9)).save(tmp_path / "large.png")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60)
    together = threading.Barrier(2, timeout=60)

    def convert(picture):
        together.wait()
        time.sleep(0.2 * picture.filename.endswith("b.png"))
        return 0

    before = list(warnings.filters)
    assert len(read_pictures(str(tmp_path), convert)) == 2
    assert warnings.filters == before
    assert "large.png cannot be used as a picture: it has 9 x 9" in caplog.text


def test_the_folder_that_one_is_in_has_a_name(tmp_path, monkeypatch):
    for name in ("A/a.png", "B/a.png"):
        (tmp_path / name).parent.mkdir()
        Image.new("L", (4, 4)).save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert {read(".", 4).name for read in (image_folder, image_pairs, photographs)} == {
        tmp_path.name
    }


@pytest.mark.parametrize("limit", [None, 16])
def test_pictures_as_large_as_the_limit(tmp_path, monkeypatch, limit):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert len(read_pictures(str(tmp_path), np.asarray)) == 1
