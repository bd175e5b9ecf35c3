"""The benchmark protocol: the published values of bicubic interpolation, and folders
that cannot be used.
"""

import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from tf_gan import evaluation
from tf_gan.config import default_config
from tf_gan.data import bicubic
from tf_gan.errors import UserError
from tf_gan.evaluation import Reference, Samples
from tf_gan.evaluation.scores import super_resolution
from tf_gan.metrics import daala_ssim, psnr, ssim

BENCHMARKS = pathlib.Path(os.environ.get("SUPER_RESOLUTION_DIR", "nowhere"))


class Copies:
    """A stand-in for a model: enlarges by repeating pixels."""

    scale = 4

    def upscale(self, image):
        return image.repeat(4, axis=0).repeat(4, axis=1)


def measure(path, model=None):
    samples = Samples("copies", lambda n: None, model=model or Copies())
    return {
        score.name: score
        for score in evaluation.evaluate(
            samples,
            Reference(default_config().data, seed=0, benchmarks=str(path)),
            ["super_resolution"],
        )
    }


@pytest.mark.skipif(
    not BENCHMARKS.is_dir(), reason="SUPER_RESOLUTION_DIR names no folder with the benchmark sets"
)
def test_the_published_values_of_bicubic_interpolation_and_nearest_neighbours():
    """Ledig et al. (2017), table 2, Set5: nearest 26.26 dB and 0.7552, bicubic 28.43 dB
    and 0.8211.
    """
    scores = measure(BENCHMARKS / "Set5")
    assert scores["psnr_set5_x4_bicubic"].value == pytest.approx(28.43, abs=0.01)
    assert scores["ssim_set5_x4_bicubic"].value == pytest.approx(0.8211, abs=0.0002)
    # What other papers print is 0.810.
    assert scores["ssim_set5_x4_bicubic"].details["ssim_2004"] == pytest.approx(0.811, abs=0.001)
    assert scores["psnr_set5_x4"].value < 27 and len(scores["psnr_set5_x4"].details["each"]) == 5


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def test_small_pictures_are_made_where_there_are_none(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (50, 63, 3)).astype(np.uint8)
    save(tmp_path / "Own" / "HR_png" / "a.png", picture)
    scores = measure(tmp_path)
    assert set(scores) == {
        f"{name}_own_x4{method}" for name in ("psnr", "ssim") for method in ("", "_bicubic")
    }
    large = picture[:48, :60]
    made = bicubic.resize(bicubic.resize(large, 12, 15), 48, 60)
    assert scores["psnr_own_x4_bicubic"].value == pytest.approx(
        float(psnr(large[None], made[None])[0])
    )
    assert scores["ssim_own_x4_bicubic"].value == pytest.approx(
        float(daala_ssim(large[None], made[None])[0])
    )
    assert scores["ssim_own_x4_bicubic"].details["ssim_2004"] == pytest.approx(
        float(ssim(large[None], made[None])[0])
    )


def test_grey_pictures_are_their_own_luma(tmp_path):
    grey = np.full((40, 40), 100, np.uint8)
    save(tmp_path / "Own" / "HR" / "a.png", grey)
    save(tmp_path / "Own" / "LRx4" / "a.png", grey[:10, :10] + 10)
    # A difference of 10 in 0..255, not in the 219 levels of colour pictures.
    assert measure(tmp_path)["psnr_own_x4"].value == pytest.approx(28.1308, abs=1e-4)
    for dtype in (np.uint8, np.uint16):
        save(tmp_path / "grey.png", grey.astype(dtype))
        assert super_resolution.read(tmp_path / "grey.png")[1]
    save(tmp_path / "colour.png", np.stack([grey] * 3, axis=-1))
    assert not super_resolution.read(tmp_path / "colour.png")[1]


def test_what_cannot_be_used(tmp_path, tiny_gan):
    with pytest.raises(UserError, match="Expected --benchmarks to name a folder"):
        measure(tmp_path / "none")
    with pytest.raises(UserError, match="large pictures in HR"):
        measure(tmp_path)
    with pytest.raises(UserError, match="A GAN does not enlarge images"):
        measure(tmp_path, tiny_gan)
    save(tmp_path / "Own" / "HR" / "a.png", np.zeros((40, 40, 3), np.uint8))
    save(tmp_path / "Own" / "LRx4" / "a.png", np.zeros((10, 12, 3), np.uint8))
    with pytest.raises(UserError, match=r"expected 10 x 10 pixels\. Received: 12 x 10"):
        measure(tmp_path)
    (tmp_path / "Own" / "LRx4" / "a.png").unlink()
    with pytest.raises(UserError, match=r"a\.png cannot be used"):
        measure(tmp_path)
    for name in ("a.png", "a.bmp"):
        save(tmp_path / "Own" / "LRx4" / name, np.zeros((10, 10, 3), np.uint8))
    (tmp_path / "Own" / "LRx4" / "a.txt").write_text("notes")
    with pytest.raises(UserError, match=r"Expected one picture of .*HR/a\.png in .*: a\.bmp and"):
        measure(tmp_path)
    save(tmp_path / "Own" / "HR" / "a.png", np.zeros((16, 40, 3), np.uint8))
    with pytest.raises(UserError, match=r"a\.png: expected at least 19 pixels .*: 40 x 16"):
        measure(tmp_path)
    (tmp_path / "Own" / "HR" / "a.png").unlink()
    with pytest.raises(
        UserError, match=r"Expected pictures in the folder HR of .*Own\. Found none"
    ):
        measure(tmp_path)
