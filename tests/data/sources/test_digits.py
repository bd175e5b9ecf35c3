"""The digits of scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits

from tf_gan.data import digits


def test_digits():
    examples = digits()
    assert (examples.images.shape, examples.images.dtype) == ((1797, 8, 8, 1), np.uint8)
    assert (examples.images.min(), examples.images.max()) == (0, 255)
    assert len(np.unique(examples.images)) == 17
    assert np.bincount(examples.labels).tolist() == [
        178,
        182,
        177,
        183,
        181,
        182,
        181,
        179,
        174,
        180,
    ]
    assert examples.class_names == tuple("0123456789")
    assert (examples.arrays().min(), examples.arrays().max()) == (-1, 1)


def test_images_and_labels_are_those_of_scikit_learn():
    bunch, examples = load_digits(), digits((0.0, 1.0))
    np.testing.assert_allclose(examples.arrays()[..., 0], bunch.images / 16, atol=0.5 / 255 + 1e-6)
    np.testing.assert_array_equal(examples.labels, bunch.target)
    assert examples.value_range == (0.0, 1.0)
