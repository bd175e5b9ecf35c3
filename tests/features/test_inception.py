"""The Inception network of 2015-12-05: values that torch-fidelity gave for the same
random weights, its resizing, its weights' file.
"""

import hashlib

import keras
import numpy as np
import pytest

from tf_gan.data import Examples
from tf_gan.errors import UserError
from tf_gan.features import inception, reference_protocol
from tf_gan.features.inception import (
    CHECKSUM,
    build_inception,
    load_weights,
    resize_like_tf1,
    tensor_shapes,
)


@pytest.fixture(scope="module")
def empty():
    return build_inception()


@pytest.fixture(scope="module")
def loaded(tensors):
    network = build_inception()
    load_weights(network, tensors | {"Conv2d_1a_3x3.bn.num_batches_tracked": np.array(1)})
    outputs = network(resize_like_tf1(images().astype(np.float32)), training=False)
    return [output.numpy() for output in outputs]


@pytest.fixture(scope="module")
def tensors(empty):
    """The random weights of benchmarks/inception_agreement.py."""
    random = np.random.RandomState(0)
    arrays = {}
    for name, shape in tensor_shapes(empty).items():
        if name.endswith(("running_var", "bn.weight")):
            values = random.uniform(0.5, 1.5, shape)
        elif name.endswith(("running_mean", "bias")):
            values = random.normal(0, 0.1, shape)
        else:
            values = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        arrays[name] = values.astype(np.float32)
    return arrays


def images() -> np.ndarray:
    random = np.random.RandomState(1).randint(0, 256, (2, 32, 48, 3)).astype(np.uint8)
    random[1] = random[1] // 4 + 3 * np.arange(48, dtype=np.uint8)[:, None]
    return random


# === The network ===


def test_size(empty):
    convolutions = [layer for layer in empty.layers if isinstance(layer, keras.layers.Conv2D)]
    shapes = tensor_shapes(empty)
    assert (len(convolutions), len(shapes)) == (94, 94 * 5 + 2)
    # 23,850,960 parameters in torch-fidelity's network, and a mean and a variance for
    # each of 17,216 filters.
    assert sum(layer.filters for layer in convolutions) == 17_216
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 23_850_960 + 2 * 17_216
    assert [output.shape for output in empty.outputs] == [(None, 2048), (None, 1008)]
    assert shapes["Mixed_6b.branch7x7_2.conv.weight"] == (128, 128, 1, 7)
    assert shapes["Mixed_7c.branch_pool.bn.running_var"] == (192,)


def test_agrees_with_torch_fidelity(loaded):
    """torch-fidelity 0.4.0, FeatureExtractorInceptionV3 with these weights and images."""
    features, logits = loaded
    columns = [0, 700, 1007]
    tolerance = {"rtol": 0, "atol": 1e-5 * 57.58}  # Of the largest feature.
    np.testing.assert_allclose(
        features[:, columns],
        [[27.280895233, 12.072090149, 0.224437416], [20.436491013, 8.056763649, 0.174804658]],
        **tolerance,
    )
    np.testing.assert_allclose(features.mean(1), [5.180025, 4.083194], rtol=1e-5)
    np.testing.assert_allclose(features.std(1), [7.339644, 5.7297983], rtol=1e-5)
    np.testing.assert_allclose(
        logits[:, columns],
        [
            [-22.676279068, -26.839351654, -5.998922825],
            [-17.746404648, -20.908731461, -4.174281120],
        ],
        **tolerance,
    )


def resized(image: np.ndarray, size: int) -> np.ndarray:
    """A NumPy twin: output pixel i at i * (input size / output size), between its two
    neighbours, the last of which repeats.
    """

    def weights(length):
        # As TensorFlow rounds them.
        positions = np.arange(size, dtype=np.float32) * np.float32(length / size)
        matrix = np.zeros((size, length))
        for row, position in enumerate(positions):
            low = int(position)
            matrix[row, low] += 1 - (position - low)
            matrix[row, min(low + 1, length - 1)] += position - low
        return matrix

    return np.einsum(
        "yh,xw,hwc->yxc", weights(image.shape[0]), weights(image.shape[1]), image, optimize=True
    )


@pytest.mark.parametrize(("height", "width"), [(28, 28), (32, 48), (299, 299), (400, 333), (1, 2)])
def test_resizing_against_numpy(height, width):
    image = np.random.default_rng(0).uniform(0, 255, (height, width, 3))
    ours = resize_like_tf1(image[None].astype(np.float32)).numpy()[0]
    np.testing.assert_allclose(ours, resized(image, 299), atol=1e-3)
    if height == width == 299:
        np.testing.assert_array_equal(ours, image.astype(np.float32))


def test_resizing_by_hand():
    """2 -> 4: pixels at 0, 1/2, 1, 3/2, of which the last lies beyond the last pixel
    and repeats it.
    """
    image = np.array([0, 8], np.float32).reshape(1, 1, 2, 1)
    np.testing.assert_array_equal(resize_like_tf1(image, 4).numpy()[0, 0, :, 0], [0, 4, 8, 8])


# === The file ===


@pytest.fixture
def file(tmp_path, tensors, monkeypatch):
    """A file that reads as the random weights; parsing is tested on its own."""
    path = tmp_path / "weights.pth"
    path.write_bytes(b"weights")
    monkeypatch.setitem(inception.__globals__, "read_checkpoint", lambda content: tensors)
    return path


def test_other_weights_are_named_by_their_checksum(file):
    checksum = hashlib.sha256(b"weights").hexdigest()
    message = (
        rf"not the public file: expected 95,628,359 bytes .*{CHECKSUM}.*Received: 7 bytes"
        rf" .*{checksum}.*other_weights=True"
    )
    with pytest.raises(UserError, match=message):
        inception(file)
    extractor = inception(file, other_weights=True)
    assert extractor.name == f"inception_{checksum[:8]}"
    assert extractor.metric_name("fid") == f"fid_inception_{checksum[:8]}"
    assert extractor.protocol()["weights"] == checksum


def test_the_public_file_is_what_fid_means(file, loaded, monkeypatch):
    monkeypatch.setitem(inception.__globals__, "CHECKSUM", hashlib.sha256(b"weights").hexdigest())
    extractor = inception(file)
    assert (
        extractor.name,
        extractor.metric_name("fid"),
        extractor.dimension,
        extractor.classes,
    ) == ("inception", "fid", 2048, 1008)
    protocol = reference_protocol(Examples(images(), name="noise"), extractor)
    assert (protocol["data"], protocol["count"], protocol["resize"][:7]) == ("noise", 2, "299x299")

    features, probabilities = extractor.outputs(images())
    expected, logits = loaded
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-4)
    # Without the bias, as in the inception score's code.
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(
        probabilities, exponentials / exponentials.sum(1, keepdims=True), atol=1e-3
    )

    grey = images()[..., :1]
    np.testing.assert_allclose(
        extractor.features(grey),
        extractor.features(np.repeat(grey, 3, axis=-1)),
        rtol=1e-5,
        atol=1e-5,
    )


def test_the_known_checksum():
    assert CHECKSUM.startswith("6726825d")  # The public file's name ends in it.
    assert len(CHECKSUM) == 64


@pytest.mark.parametrize("name", ["missing.pth", "."])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(
        UserError,
        match=(
            r"weights-inception-2015-12-05-6726825d.pth"
            r" .*torch-fidelity.*pytorch-fid.*torch/hub/checkpoints"
        ),
    ):
        inception(tmp_path / name)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "weights.pth").write_bytes(b"weights")
    with pytest.raises(
        UserError, match=r"weights.pth cannot be read. Expected a PyTorch checkpoint"
    ):
        inception(tmp_path / "weights.pth", other_weights=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fc.bias": None}, "fc.bias is missing"),
        (
            {"fc.weight": np.zeros((1000, 2048), np.float32)},
            r"fc.weight has shape \(1000, 2048\), not \(1008, 2048\)",
        ),
        ({"AuxLogits.fc.bias": np.zeros(3)}, "AuxLogits.fc.bias has no place in it"),
        (
            {"Mixed_7c.branch_pool.bn.bias": np.full(192, np.nan)},
            "Mixed_7c.branch_pool.bn.bias is not finite",
        ),
    ],
)
def test_wrong_tensors_are_named(empty, tensors, change, message):
    changed = {name: array for name, array in (tensors | change).items() if array is not None}
    with pytest.raises(
        UserError, match=f"not the weights of the Inception network of 2015-12-05: {message}"
    ):
        load_weights(empty, changed)
    assert not empty.get_layer("fc").get_weights()[0].any()  # Nothing was loaded.


def test_a_checkpoint_of_something_else(empty):
    with pytest.raises(UserError, match=r"Conv2d_1a_3x3.conv.weight is missing; .* and 468 more"):
        load_weights(empty, {"weight": np.zeros(3)})
