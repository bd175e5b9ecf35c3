"""Warnings while the weights of VGG19 are read; its features are in
tests/models/test_srgan.py.
"""

import hashlib
import warnings

import keras
import pytest

from tf_gan.errors import UserError
from tf_gan.features.vgg19 import vgg19


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Reads a file; `warning` is what Keras warns of meanwhile."""

    images = keras.Input((8, 8, 3))
    network = keras.Model(images, keras.layers.Conv2D(2, 1, name="block5_conv4")(images))
    monkeypatch.setattr(keras.applications, "VGG19", lambda **_: network)
    (tmp_path / "weights.h5").write_bytes(b"weights")

    def load(warning):
        def load_weights(path):
            warnings.warn("h5py: told so", warning, stacklevel=2)

        monkeypatch.setattr(network, "load_weights", load_weights)
        return vgg19(tmp_path / "weights.h5", sha256=hashlib.sha256(b"weights").hexdigest())

    return load


def test_weights_that_are_missing_are_an_error(load):
    with pytest.raises(UserError, match=r"does not hold the weights of VGG19.*h5py: told so"):
        load(UserWarning)


@pytest.mark.parametrize("warning", [DeprecationWarning, FutureWarning, ResourceWarning])
def test_other_warnings_stay_warnings(load, warning):
    with pytest.warns(warning, match="told so"):
        assert load(warning)(keras.ops.zeros((1, 8, 8, 3))).shape == (1, 8, 8, 2)


def test_a_file_without_the_ending_and_layers_that_are_none(load, tmp_path, monkeypatch):
    checksum = hashlib.sha256(b"weights").hexdigest()
    (tmp_path / "weights").write_bytes(b"weights")
    with pytest.raises(UserError, match=r"Expected one in \.h5. Received: .*weights"):
        vgg19(tmp_path / "weights", sha256=checksum)
    monkeypatch.setattr(keras.applications.VGG19(), "load_weights", lambda path: None)
    for arguments in ({"layer": "block9_conv1"}, {"layer": "input_layer", "linear": True}):
        with pytest.raises(UserError, match=r"layer of VGG19.*one of .*block5_conv4. Received"):
            vgg19(tmp_path / "weights.h5", sha256=checksum, **arguments)
