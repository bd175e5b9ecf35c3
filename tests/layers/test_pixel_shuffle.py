import keras
import numpy as np
import pytest

from tf_gan.errors import UserError
from tf_gan.layers import PixelShuffle


def test_each_channel_has_its_place():
    """One pixel of r^2 C channels becomes r x r pixels of C channels, in the order of
    rows, columns, channels.
    """
    x = np.arange(2 * 1 * 2 * 12, dtype=np.float32).reshape(2, 1, 2, 12)
    y = np.array(PixelShuffle(2)(x))
    assert y.shape == (2, 2, 4, 3)
    for i in range(2):
        for j in range(2):
            np.testing.assert_array_equal(
                y[:, i::2, j::2], x[..., 3 * (2 * i + j) : 3 * (2 * i + j) + 3]
            )


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_sizes_may_be_open(dtype):
    inputs = keras.Input((None, None, 9))
    model = keras.Model(inputs, PixelShuffle(3, dtype=dtype)(inputs))
    assert model.output_shape == (None, None, None, 1)
    assert model(np.zeros((1, 2, 5, 9))).shape == (1, 6, 15, 1)
    twin = keras.Model.from_config(model.get_config())
    assert twin.layers[-1].factor == 3 and twin.compute_output_shape((None, 4, None, 9)) == (
        None,
        12,
        None,
        1,
    )


def test_bad_arguments():
    with pytest.raises(UserError, match="factor=1"):
        PixelShuffle(1)
    with pytest.raises(UserError, match=r"a multiple of factor\^2 = 4 channels. Received: 6"):
        PixelShuffle(2)(np.zeros((1, 2, 2, 6)))
