import pathlib

import pytest
from support.command import small

import tf_gan
from tf_gan.errors import UserError
from tf_gan.io.paths import check_path
from tf_gan.runs import build


@pytest.mark.parametrize("path", ["", "a\0b", pathlib.Path("a\0b/c")])
def test_paths_that_name_nothing(path):
    with pytest.raises(UserError, match=r"Invalid value for --output\. Expected the name of a fi"):
        check_path(path, "--output")


def test_paths_that_name_something():
    for path in ("a", "a b/ü", pathlib.Path(".")):
        check_path(path, "--output")


def test_a_nul_byte_is_refused_in_the_users_words(tiny_gan, tmp_path):
    """Python says "embedded null byte", in the middle of the work."""
    path, words = f"{tmp_path}/a\0b", r"Invalid value for {}\. .* without NUL bytes\. Received: "
    for name in ("out\0", "out\0.keras"):
        with pytest.raises(UserError, match=words.format("argument `path`")):
            tiny_gan.export(tmp_path / name, "keras" if "keras" in name else "saved_model")
    with pytest.raises(UserError, match=words.format("the run directory")):
        tf_gan.train(small(), path)
    with pytest.raises(UserError, match=words.format("the run directory")):
        build.load(path)
    for name in ("npz", "image_folder", "image_pairs", "photographs"):
        with pytest.raises(UserError, match=words.format(r"config\.data\.path")):
            fields = {"data.name": name, "data.path": path, "data.image_size": 8}
            tf_gan.train(small(**fields), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
