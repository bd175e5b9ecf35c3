"""Files of pictures in exported generators."""

import io

import numpy as np
import pytest
from PIL import Image

from tf_gan.data.pictures import upright
from tf_gan.export.images import decoded


def picture(mode):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (6, 5, 4), dtype=np.uint8), "RGBA")
    if mode == "P with transparency":
        picture = picture.convert("RGB").quantize(16)
        picture.info["transparency"] = 3
        return picture
    return picture if mode == "RGBA" else picture.convert(mode)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["RGBA", "RGB", "LA", "L", "P", "P with transparency"])
def test_files_are_those_that_python_reads(mode, channels):
    buffer = io.BytesIO()
    picture(mode).save(buffer, format="PNG")
    with Image.open(buffer) as image:
        expected = np.asarray(upright(image, channels), np.float32).reshape(6, 5, channels)
    pixels = decoded(buffer.getvalue(), channels).numpy()
    np.testing.assert_allclose(pixels * 255.0, expected, atol=1.01)


@pytest.mark.parametrize("format", ["JPEG", "BMP", "GIF"])
def test_files_of_other_formats(format):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 4), (200, 100, 50)).save(buffer, format=format)
    for channels in (1, 3):
        with Image.open(buffer) as image:
            expected = np.asarray(upright(image, channels)).reshape(4, 8, channels)
        pixels = decoded(buffer.getvalue(), channels).numpy() * 255.0
        np.testing.assert_allclose(pixels, expected, atol=3)
