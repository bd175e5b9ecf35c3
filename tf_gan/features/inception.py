"""The Inception network of December 2015, which FID, KID and the inception score mean."""

import hashlib
import pathlib

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.features.extractor import FeatureExtractor
from tf_gan.features.torch_checkpoint import read_checkpoint

CHECKSUM = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
SIZE = 95_628_359
SOURCE = (
    "The public file is called weights-inception-2015-12-05-6726825d.pth (release v0.2.0 of"
    " https://github.com/toshas/torch-fidelity) or pt_inception-2015-12-05-6726825d.pth (release"
    " fid_weights of https://github.com/mseitzer/pytorch-fid), and is the same in both. Programs"
    " that use it leave it in ~/.cache/torch/hub/checkpoints."
)
EPSILON = 1e-3  # In every BatchNorm of the network.


def inception(path, *, other_weights: bool = False) -> FeatureExtractor:
    """Makes the extractor that FID means, with weights from a file.

    Features are the 2048 averages called pool_3; probabilities the softmax over 1008
    classes without the logits' bias, as in the code behind the inception score.
    Salimans et al., Improved Techniques for Training GANs (2016),
    https://arxiv.org/abs/1606.03498; Heusel et al., GANs Trained by a Two Time-Scale
    Update Rule (2017), https://arxiv.org/abs/1706.08500.

    Args:
        path: The weights converted to PyTorch, as torch-fidelity and pytorch-fid
            distribute them. They are read without PyTorch, and nothing in the file is
            run.
        other_weights: Whether a file with another checksum is taken. Its values are not
            FID and are not called so: the extractor's name is then `inception_<first 8
            digits of its SHA-256>`.

    Raises:
        ValueError: if the file is not there, is not the public one, or does not hold
            this network.
    """
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise UserError(
            f"Expected a file with the weights of Inception. Received: {str(path)!r}"
            f" ({error.strerror}). {SOURCE}"
        ) from error
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != CHECKSUM and not other_weights:
        raise UserError(
            f"{path} is not the public file: expected {SIZE:,} bytes with SHA-256 {CHECKSUM}."
            f" Received: {len(content):,} bytes with SHA-256 {checksum}. {SOURCE} To use these"
            " weights anyway, under another name, set `other_weights=True`."
        )
    try:
        tensors = read_checkpoint(content)
    except ValueError as error:
        raise UserError(f"{path} cannot be read. {error}") from error
    network = build_inception()
    load_weights(network, tensors)
    features, logits = network.outputs
    return FeatureExtractor(
        keras.Model(network.inputs[0], [features, keras.layers.Softmax(dtype="float32")(logits)]),
        "inception" if checksum == CHECKSUM else f"inception_{checksum[:8]}",
        value_range=(0, 255),
        preprocess=resize_like_tf1,
        image_shape=(None, None, 3),
        checksum=checksum,
        details={
            "resize": "299x299, bilinear as in TensorFlow 1 (no antialiasing, corners not aligned)",
            "logits": "without bias",
        },
        standard=checksum == CHECKSUM,
    )


def resize_like_tf1(images, size: int = 299) -> tf.Tensor:
    """Resizes images bilinearly as TensorFlow 1 did it: output pixel i looks at i * (input
    size / output size), with no half pixel and no antialiasing.

    Args:
        images: Float tensor `(B, H, W, C)`.
        size: Height and width afterwards.
    """
    return tf.raw_ops.ResizeBilinear(
        images=images, size=(size, size), align_corners=False, half_pixel_centers=False
    )


# === Layers ===


def _conv(x, name: str, filters: int, kernel=1, strides: int = 1, padding: str = "same"):
    """Convolution, BatchNorm and ReLU of the original; at inference the first two are
    one convolution with a bias.
    """
    layer = keras.layers.Conv2D(
        filters,
        kernel,
        strides,
        padding,
        activation="relu",
        kernel_initializer="zeros",
        dtype="float32",
        name=name,
    )
    return layer(x)


def _chain(x, name: str, *steps):
    """Convolutions one after the other: `(suffix, filters, kernel)`, perhaps with
    strides and padding.
    """
    for suffix, *arguments in steps:
        x = _conv(x, name + suffix, *arguments)
    return x


def _pool(x, kind=keras.layers.AveragePooling2D):
    # "same" pooling of TensorFlow takes its averages over what is inside of the image,
    # and so did the original.
    return kind(3, 1, "same", dtype="float32")(x)


def _shrink(x):
    return keras.layers.MaxPooling2D(3, 2, dtype="float32")(x)


def _concatenate(*branches):
    return keras.layers.Concatenate(dtype="float32")(branches)


def _mixed_5(x, name: str, pool_filters: int):
    return _concatenate(
        _conv(x, f"{name}.branch1x1", 64),
        _chain(x, f"{name}.branch5x5", ("_1", 48), ("_2", 64, 5)),
        _chain(x, f"{name}.branch3x3dbl", ("_1", 64), ("_2", 96, 3), ("_3", 96, 3)),
        _conv(_pool(x), f"{name}.branch_pool", pool_filters),
    )


def _mixed_6(x, name: str, width: int):
    row, column = (1, 7), (7, 1)
    return _concatenate(
        _conv(x, f"{name}.branch1x1", 192),
        _chain(x, f"{name}.branch7x7", ("_1", width), ("_2", width, row), ("_3", 192, column)),
        _chain(
            x,
            f"{name}.branch7x7dbl",
            ("_1", width),
            ("_2", width, column),
            ("_3", width, row),
            ("_4", width, column),
            ("_5", 192, row),
        ),
        _conv(_pool(x), f"{name}.branch_pool", 192),
    )


def _mixed_7(x, name: str, pool):
    row, column = (1, 3), (3, 1)
    single = _conv(x, f"{name}.branch3x3_1", 384)
    double = _chain(x, f"{name}.branch3x3dbl", ("_1", 448), ("_2", 384, 3))
    return _concatenate(
        _conv(x, f"{name}.branch1x1", 320),
        _conv(single, f"{name}.branch3x3_2a", 384, row),
        _conv(single, f"{name}.branch3x3_2b", 384, column),
        _conv(double, f"{name}.branch3x3dbl_3a", 384, row),
        _conv(double, f"{name}.branch3x3dbl_3b", 384, column),
        _conv(_pool(x, pool), f"{name}.branch_pool", 192),
    )


# === Functional Model ===


def build_inception() -> keras.Model:
    """Images -> 2048 features and 1008 logits: the graph of 2015-12-05, with BatchNorm
    folded into the convolutions, and without the logits' bias.

    Szegedy et al., Rethinking the Inception Architecture (2015),
    https://arxiv.org/abs/1512.00567. The last pooling branch, in Mixed_7c, takes the
    maximum where the paper takes the average; that is how the graph was published, and
    so part of what FID means. All weights are zero until `load_weights`. Layers have
    the names of the public checkpoint.

    Returns:
        Model from float32 RGB images in 0..255, `(B, 299, 299, 3)`, to pool_3
        `(B, 2048)` and logits `(B, 1008)`.
    """
    images = keras.Input((299, 299, 3), name="images")
    x = keras.layers.Rescaling(1 / 128, -1, dtype="float32")(images)
    x = _conv(x, "Conv2d_1a_3x3", 32, 3, 2, "valid")  # (B, 149, 149, 32)
    x = _conv(x, "Conv2d_2a_3x3", 32, 3, 1, "valid")
    x = _shrink(_conv(x, "Conv2d_2b_3x3", 64, 3))  # (B, 73, 73, 64)
    x = _conv(x, "Conv2d_3b_1x1", 80)
    x = _shrink(_conv(x, "Conv2d_4a_3x3", 192, 3, 1, "valid"))  # (B, 35, 35, 192)
    for name, pool_filters in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
        x = _mixed_5(x, name, pool_filters)
    x = _concatenate(
        _conv(x, "Mixed_6a.branch3x3", 384, 3, 2, "valid"),
        _chain(x, "Mixed_6a.branch3x3dbl", ("_1", 64), ("_2", 96, 3), ("_3", 96, 3, 2, "valid")),
        _shrink(x),
    )  # (B, 17, 17, 768)
    for name, width in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        x = _mixed_6(x, name, width)
    x = _concatenate(
        _chain(x, "Mixed_7a.branch3x3", ("_1", 192), ("_2", 320, 3, 2, "valid")),
        _chain(
            x,
            "Mixed_7a.branch7x7x3",
            ("_1", 192),
            ("_2", 192, (1, 7)),
            ("_3", 192, (7, 1)),
            ("_4", 192, 3, 2, "valid"),
        ),
        _shrink(x),
    )  # (B, 8, 8, 1280)
    x = _mixed_7(x, "Mixed_7b", keras.layers.AveragePooling2D)
    x = _mixed_7(x, "Mixed_7c", keras.layers.MaxPooling2D)  # (B, 8, 8, 2048)
    features = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pool_3")(x)
    logits = keras.layers.Dense(
        1008, use_bias=False, kernel_initializer="zeros", dtype="float32", name="fc"
    )(features)
    return keras.Model(images, [features, logits], name="inception_2015_12_05")


# === Weights ===


def tensor_shapes(network: keras.Model) -> dict[str, tuple[int, ...]]:
    """Returns the names and shapes of the tensors that `load_weights` takes, in
    PyTorch's order of dimensions.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            height, width, inputs, filters = layer.kernel.shape
            shapes[f"{layer.name}.conv.weight"] = (filters, inputs, height, width)
            shapes |= {
                f"{layer.name}.bn.{part}": (filters,)
                for part in ("weight", "bias", "running_mean", "running_var")
            }
    return shapes | {"fc.weight": (1008, 2048), "fc.bias": (1008,)}


def load_weights(network: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Puts the tensors of a checkpoint into the network of `build_inception`.

    conv, then y -> gamma (y - mean) / sqrt(var + epsilon) + beta, is a conv with kernel
    and bias scaled; computed in float64.

    Args:
        network: What `build_inception` returned.
        tensors: Arrays by the names of `tensor_shapes`, of which `fc.bias` has no use; the
            counters `num_batches_tracked` may stand beside them.

    Raises:
        ValueError: for tensors that are missing, superfluous, of another shape or not
            finite; they are named.
    """
    shapes = tensor_shapes(network)
    found = {
        name: array for name, array in tensors.items() if not name.endswith(".num_batches_tracked")
    }
    problems = [f"{name} is missing" for name in shapes if name not in found]
    problems += [f"{name} has no place in it" for name in found if name not in shapes]
    for name in shapes.keys() & found.keys():
        if found[name].shape != shapes[name]:
            problems.append(f"{name} has shape {found[name].shape}, not {shapes[name]}")
        elif not np.isfinite(found[name]).all():
            problems.append(f"{name} is not finite")
    if problems:
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise UserError(
            "These are not the weights of the Inception network of 2015-12-05:"
            f" {'; '.join(problems[:5])}{more}."
        )
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            parts = ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")
            kernel, gamma, beta, mean, variance = (
                found[f"{layer.name}.{part}"].astype(np.float64) for part in parts
            )
            factor = gamma / np.sqrt(variance + EPSILON)
            layer.set_weights([kernel.transpose(2, 3, 1, 0) * factor, beta - mean * factor])
    network.get_layer("fc").set_weights([found["fc.weight"].T])
