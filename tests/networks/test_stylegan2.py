"""StyleGAN2's networks: sizes, the start, classes."""

import keras
import numpy as np
import pytest
from support import numpy_layers as np_
from support.networks import trainable_count

from tf_gan.errors import UserError
from tf_gan.layers import EqualizedConv2D, EqualizedDense
from tf_gan.networks import stylegan2

SMALL = {"base_width": 512, "max_width": 64}


@pytest.mark.slow
def test_parameter_counts_of_the_paper():
    """Config F at 1024x1024 has 30 million, E 25: the models are built on symbols."""
    millions = [
        trainable_count(stylegan2.build_generator((1024, 1024, 3), base_width=width)) / 1e6
        for width in (32768, 16384)
    ]
    assert millions == pytest.approx([30.37, 24.9], abs=0.05)
    counts = [
        trainable_count(stylegan2.build_discriminator((1024, 1024, 3), base_width=width)) / 1e6
        for width in (32768, 16384)
    ]
    assert counts == pytest.approx([29.01, 24.04], abs=0.05)


def test_outputs_at_the_start_are_neither_small_nor_large():
    """Equalised layers: variances do not depend on widths and depth."""
    latents = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)
    for width, side in ((16, 16), (64, 32)):
        arguments = {"base_width": 16 * width, "max_width": width}
        generator = stylegan2.build_generator(
            (side, side, 3), 32, style_dim=32, mapping_layers=4, **arguments
        )
        w = np.asarray(generator.get_layer("mapping")(latents))
        assert 0.5 < np.std(w) < 1.5
        images = np.asarray(generator(latents))
        assert 0.5 < np.std(images) < 3
        logits = np.asarray(stylegan2.build_discriminator((side, side, 3), **arguments)(images))
        assert 0.1 < np.sqrt(np.square(logits).mean()) < 3


def test_all_weights_start_from_the_same_distribution():
    """N(0, 1): the equalised learning rate is the same for all."""
    network = stylegan2.build_discriminator((16, 16, 3), base_width=1024, max_width=64)
    kernels = [w for w in network.trainable_weights if len(w.shape) > 1 and np.prod(w.shape) > 1e3]
    assert len(kernels) == 8
    for kernel in kernels:
        assert np.std(kernel) == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((64, 64, 1), [(4, 4), (8, 8), (16, 16), (32, 32), (64, 64)]),
        ((48, 32, 3), [(6, 4), (12, 8), (24, 16), (48, 32)]),
        ((28, 28, 1), [(7, 7), (14, 14), (28, 28)]),
    ],
)
def test_shapes(shape, sizes):
    assert stylegan2.sizes_of(shape) == sizes
    arguments = {"base_width": 64, "max_width": 8}
    generator = stylegan2.build_generator(shape, 4, style_dim=5, mapping_layers=1, **arguments)
    assert generator.get_layer("synthesis").input_shape == (None, 2 * len(sizes), 5)
    assert generator.output_shape == (None, *shape)
    assert stylegan2.build_discriminator(shape, **arguments).output_shape == (None, 1)


def test_a_layer_changes_nothing_before_it():
    """The w of the last colours changes all pixels by their own layer alone; that of the
    first layer changes them too; images are functions of w.
    """
    network = stylegan2.build_synthesis((8, 8, 1), 3, base_width=32, max_width=4)
    styles = np.random.default_rng(0).normal(size=(1, 4, 3)).astype(np.float32)
    images = np.asarray(network(styles))
    np.testing.assert_array_equal(images, np.asarray(network(styles)))
    first_colors = keras.Model(network.input, network.get_layer("colors_4").output)
    small = np.asarray(first_colors(styles))
    for layer in range(4):
        changed = styles.copy()
        changed[:, layer] += 1.0
        assert np.abs(np.asarray(network(changed)) - images).max() > 1e-3
        # The 4x4 map has its own two w: number 0, and 1 for its colours.
        moved = np.abs(np.asarray(first_colors(changed)) - small).max() > 1e-3
        assert moved == (layer < 2)


def test_classes(tmp_path):
    arguments = {"base_width": 32, "max_width": 4}
    generator = stylegan2.build_generator(
        (8, 8, 3), 4, 5, style_dim=6, mapping_layers=2, **arguments
    )
    discriminator = stylegan2.build_discriminator((8, 8, 3), 5, residual=False, **arguments)
    latents, labels = np.full((2, 4), 0.1, np.float32), np.array([0, 4])
    images = np.asarray(generator([latents, labels]))
    assert np.abs(images[0] - images[1]).max() > 1e-3
    same = np.stack([images[0], images[0]])
    logits = np.asarray(discriminator([same, labels]))
    assert logits.shape == (2, 1) and abs(logits[0, 0] - logits[1, 0]) > 1e-4
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(loaded([latents, labels]), images)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match=r"multiples of 8, such as \(32, 32\)"):
        stylegan2.build_generator((33, 33, 3))
    with pytest.raises(UserError, match="sides of 8 or more"):
        stylegan2.build_discriminator((4, 4, 3))


# === The networks in NumPy ===

RANDOM = np.random.default_rng(0)
LABELS = np.array([2, 0, 1])


def randomized(network, size=1.0):
    for variable in network.trainable_weights:
        variable.assign(size * RANDOM.normal(size=variable.shape))
    return network


def leaky_relu(x):
    return 2**0.5 * np_.leaky_relu(x)


def dense(layer, x, rate=1.0):
    kernel, bias = (np.asarray(w, np.float64) for w in layer.trainable_weights)
    return rate * (x @ kernel / len(kernel) ** 0.5 + bias)


def convolution(layer, x, **kwargs):
    kernel, *bias = (np.asarray(w, np.float64) for w in layer.trainable_weights)
    kernel = kernel / np.prod(kernel.shape[:-1]) ** 0.5
    return np_.convolution(x, kernel, bias[0] if bias else 0.0, **kwargs)


def blurred(x, pad):
    taps, channels = np.array([1, 3, 3, 1]) / 8, np.eye(x.shape[-1])
    return np_.convolution(x, np.einsum("i,j,cd->ijcd", taps, taps, channels), pad=pad)


@pytest.mark.parametrize("classes", [None, 3])
def test_the_mapping_in_numpy(classes):
    """Kernels and biases are a hundred times as large as what they count."""
    network = randomized(stylegan2.build_mapping(4, classes, 5, layers=2), 100.0)
    latents = RANDOM.normal(size=(3, 4))
    x = np_.pixel_norm(latents)
    if classes:
        table = np.asarray(network.get_layer("classes").embeddings, np.float64)
        x = np.concatenate([x, np_.pixel_norm(table[LABELS])], axis=1)
    for name in ("dense_1", "dense_2"):
        x = leaky_relu(dense(network.get_layer(name), x, 0.01))
    inputs = latents.astype(np.float32)
    np.testing.assert_allclose(network([inputs, LABELS] if classes else inputs), x, rtol=1e-4)


def test_the_synthesis_by_its_layers():
    network = randomized(stylegan2.build_synthesis((8, 8, 2), 3, base_width=32, max_width=4))
    layer, w = network.get_layer, RANDOM.normal(size=(2, 4, 3)).astype(np.float32)

    def modulated(name, x, number):
        styles = dense(layer(f"{name}_style"), w[:, number]).astype(np.float32)
        return layer(name)([x.astype(np.float32), styles]).numpy()

    def styled(name, x, number):
        x, noise = modulated(name, x, number), layer(f"{name}_noise")
        return leaky_relu(x + noise.strength.numpy() * noise.noise.numpy())

    x = styled("conv_4", np.stack([layer("constant").map.numpy()] * 2), 0)
    small = modulated("colors_4", x, 1)
    x = styled("conv_8", styled("conv_8_up", x, 1), 2)
    # Doubled, then [1, 2, 1] / 4 along both axes, the edges repeated.
    doubled = np.pad(np_.up(small), [(0, 0), (1, 1), (1, 1), (0, 0)], "edge")
    taps = np.array([1, 2, 1]) / 4
    kernel = np.einsum("i,j,cd->ijcd", taps, taps, np.eye(2))
    expected = np_.convolution(doubled, kernel, pad=0) + modulated("colors_8", x, 3)
    np.testing.assert_allclose(network(w), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("classes", "residual"), [(None, True), (3, True), (3, False)])
def test_the_discriminator_in_numpy(classes, residual):
    arguments = {"base_width": 64, "max_width": 8, "residual": residual}
    network = randomized(stylegan2.build_discriminator((16, 16, 2), classes, **arguments))
    layers = [each for each in network.layers if isinstance(each, EqualizedConv2D)]
    large = iter([each for each in layers if each.kernel_size == (3, 3)])
    small = iter([each for each in layers if each.kernel_size == (1, 1)])
    heads = [each for each in network.layers if isinstance(each, EqualizedDense)]
    images = RANDOM.normal(size=(3, 16, 16, 2))
    x = leaky_relu(convolution(next(small), images))
    for _ in range(2):
        y = leaky_relu(convolution(next(large), x))
        y = leaky_relu(convolution(next(large), blurred(y, 2), strides=2, pad=0))
        if residual:
            y = (y + convolution(next(small), blurred(x, 1)[:, ::2, ::2])) / 2**0.5
        x = y
    deviation = np.sqrt(x.var(axis=0) + 1e-8).mean()  # One group of three images.
    x = np.concatenate([x, np.full((*x.shape[:-1], 1), deviation)], axis=-1)
    x = leaky_relu(convolution(next(large), x)).reshape(3, -1)
    expected = dense(heads[1], leaky_relu(dense(heads[0], x)))
    if classes:
        table = np.asarray(network.get_layer("classes").embeddings, np.float64)
        products = expected * np_.pixel_norm(table[LABELS])
        expected = products.sum(axis=1, keepdims=True) / 8**0.5
    inputs = images.astype(np.float32)
    logits = network([inputs, LABELS] if classes else inputs)
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-3)
