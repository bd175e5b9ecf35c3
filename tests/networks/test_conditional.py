"""Networks that take labels: parameter counts, initial weights, what the label reaches."""

import keras
import numpy as np
import pytest
from scipy.special import expit
from support.networks import check_copy, dtype_policy, trainable_count

from tf_gan import networks
from tf_gan.errors import UserError
from tf_gan.layers import Maxout, SpectralNormalization
from tf_gan.networks import (
    conditional_dcgan,
    conditional_maxout,
    conditional_mlp,
    conditional_one_hot,
)

MNIST = (28, 28, 1)
LABELS = np.array([0, 2, 1], np.int32)

# Small pairs on images that are not square: arguments of G, arguments of D.
SMALL = {
    "conditional_dcgan": (
        {"filters": 4, "units": 6, "kernel_size": 3},
        {"filters": 4, "units": 6, "kernel_size": 3},
    ),
    "conditional_maxout": ({"units": (6, 5, 7)}, {"units": (6, 5, 7), "pieces": (2, 3, 4)}),
    "conditional_mlp": ({"units": (16, 8)}, {"units": (8, 6)}),
    "conditional_one_hot": ({"units": 16}, {"units": 8}),
}
CONDITIONS = [(name, {}) for name in SMALL] + [
    ("conditional_dcgan", {"condition": condition}) for condition in ("projection", "classifier")
]
CONDITIONS.append(
    ("conditional_dcgan", {"condition": "projection", "spectral_normalization": False})
)


def small(name, condition=None, shape=(8, 12, 2), classes=3):
    module, (generator, discriminator) = networks.get(name), SMALL[name]
    return module.build_generator(shape, 5, classes, **generator), module.build_discriminator(
        shape, classes, **discriminator, **(condition or {})
    )


def test_dropout_by_latents():
    units, rate, classes = (6, 5, 7), 0.3, 3
    generator = conditional_maxout.build_generator(
        (8, 12, 2), 4 + 18, classes, units=units, dropout=rate, dropout_latents=True
    )
    rng = np.random.default_rng(0)
    for weight in generator.weights:
        weight.assign(rng.normal(size=weight.shape))
    latents = rng.uniform(size=(3, 22)).astype("float32")
    of_z, z_bias, of_y, y_bias, kernel, bias, last, last_bias = generator.get_weights()
    if of_z.shape[0] == classes:  # The order of Keras.
        of_z, z_bias, of_y, y_bias = of_y, y_bias, of_z, z_bias
    z = np.maximum(latents[:, :4] @ of_z + z_bias, 0)
    y = np.maximum(np.eye(classes)[LABELS] @ of_y + y_bias, 0)
    x = np.concatenate([z, y], 1) * (latents[:, 4:15] >= rate) / (1 - rate)
    x = np.maximum(x @ kernel + bias, 0) * (latents[:, 15:] >= rate) / (1 - rate)
    expected = expit(x @ last + last_bias)
    for training in (True, False):
        images = generator([latents, LABELS], training=training)
        np.testing.assert_allclose(np.reshape(images, (3, -1)), expected, rtol=1e-4, atol=1e-6)


def test_too_few_latents_for_the_masks():
    with pytest.raises(
        UserError, match=r"at least 2401 with dropout_latents=True: .*Received: 2400"
    ):
        conditional_maxout.build_generator(MNIST, 2400, 10, dropout_latents=True)


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: conditional_maxout.build_generator(MNIST, 100, 10), 2_413_984),
        (
            lambda: conditional_maxout.build_generator(MNIST, 2500, 10, dropout_latents=True),
            2_413_984,
        ),
        (lambda: conditional_maxout.build_discriminator(MNIST, 10), 1_224_351),
        (lambda: conditional_one_hot.build_generator(MNIST, 128, 10), 237_072),
        (lambda: conditional_one_hot.build_discriminator(MNIST, 10), 203_777),
        # Ten more inputs than the MLP's 1,510,032 and 533,505, to 128 and to 512 units.
        (lambda: conditional_mlp.build_generator(MNIST, 100, 10), 1_510_032 + 1280),
        (lambda: conditional_mlp.build_discriminator(MNIST, 10), 533_505 + 5120),
        (
            lambda: conditional_dcgan.build_generator(MNIST, 100, 10),
            110 * 1024 + 1034 * 7 * 7 * 128 + 25 * 138 * 64 + 25 * 74,
        ),
        (
            lambda: conditional_dcgan.build_discriminator(MNIST, 10),
            25 * 11 * 64 + 25 * 74 * 128 + (7 * 7 * 128 + 10) * 1024 + 1034,
        ),
        # The trunk without the ten labels at each layer; a vector of 1,024 for each
        # class, or as many class logits. With spectral normalisation there are biases.
        (
            lambda: conditional_dcgan.build_discriminator(MNIST, 10, condition="projection"),
            25 * 64 * 129 + 6272 * 1024 + 1024 + 10 * 1024 + 64 + 128 + 1024 + 1,
        ),
        (
            lambda: conditional_dcgan.build_discriminator(
                MNIST, 10, condition="projection", spectral_normalization=False
            ),
            25 * 64 * 129 + 6272 * 1024 + 1024 + 10 * 1024,
        ),
        (
            lambda: conditional_dcgan.build_discriminator(MNIST, 10, condition="classifier"),
            25 * 64 * 129 + 6272 * 1024 + 1024 + 10 * 1024,
        ),
    ],
)
def test_parameters(build, parameters):
    assert trainable_count(build()) == parameters


@pytest.mark.parametrize(("name", "condition"), CONDITIONS)
def test_shapes_copies_and_types(name, condition):
    for policy in ("float32", "mixed_bfloat16"):
        with dtype_policy(policy):
            generator, discriminator = small(name, condition)
        images = generator([np.ones((3, 5), np.float32), LABELS]).numpy()
        assert images.shape == (3, 8, 12, 2) and images.dtype == "float32"
        inputs = images if condition.get("condition") == "classifier" else [images, LABELS]
        outputs = discriminator(inputs)
        logits, *class_logits = outputs if isinstance(outputs, list) else [outputs]
        assert logits.shape == (3, 1) and logits.dtype == "float32"
        assert [tuple(each.shape) for each in class_logits] == (
            [(3, 3)] if condition.get("condition") == "classifier" else []
        )
        check_copy(discriminator, inputs)


@pytest.mark.parametrize(("name", "condition"), CONDITIONS)
def test_the_label_changes_images_and_logits(name, condition):
    generator, discriminator = small(name, condition)
    for model in (generator, discriminator):  # Weights as small as the paper's would change little.
        model.set_weights(
            [
                50 * w if w.ndim > 1 and name == "conditional_maxout" else w
                for w in model.get_weights()
            ]
        )
    latents = np.random.default_rng(0).normal(size=(1, 5)).repeat(3, axis=0)
    images = generator([latents, LABELS]).numpy()
    assert min(np.abs(images[a] - images[b]).max() for a, b in ((0, 1), (0, 2), (1, 2))) > 1e-6
    if condition.get("condition") != "classifier":
        logits = discriminator([images[:1].repeat(3, axis=0), LABELS]).numpy()
        assert len(np.unique(logits)) == 3


def test_maxout_generator_matches_numpy():
    generator = conditional_maxout.build_generator(
        (2, 1, 1), 4, 3, units=(3, 5, 6), weight_range=1.0
    )
    wz, wy, w, wx = (weight for weight in generator.get_weights() if weight.ndim == 2)
    z = np.random.default_rng(0).uniform(size=(3, 4))
    hidden = np.hstack([np.maximum(z @ wz, 0), np.maximum(np.eye(3)[LABELS] @ wy, 0)])
    expected = expit(np.maximum(hidden @ w, 0) @ wx)
    np.testing.assert_allclose(generator([z, LABELS])[..., 0, 0], expected, atol=1e-5)


def test_maxout_networks_have_the_papers_layers():
    generator, discriminator = (
        conditional_maxout.build_generator(MNIST, 100, 10),
        conditional_maxout.build_discriminator(MNIST, 10),
    )
    assert [
        (layer.units, layer.pieces) for layer in discriminator.layers if isinstance(layer, Maxout)
    ] == [(240, 5), (50, 5), (240, 4)]
    for model, limit in ((generator, 0.05), (discriminator, 0.005)):
        assert [
            layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)
        ] == [0.5, 0.5]
        for weight in model.get_weights():
            assert np.abs(weight).max() <= np.float32(limit) and (weight.ndim == 1) == (
                not weight.any()
            )


def test_one_hot_networks_match_numpy():
    generator, discriminator = small("conditional_one_hot", shape=(2, 1, 1))
    w, b, v, c = generator.get_weights()
    z, e = np.random.default_rng(0).normal(size=(3, 5)), np.eye(3)[LABELS]
    images = expit(np.maximum(np.hstack([z, e]) @ w + b, 0) @ v + c)
    np.testing.assert_allclose(generator([z, LABELS])[..., 0, 0], images, atol=1e-5)
    w, b, v, c = discriminator.get_weights()
    logits = np.maximum(np.hstack([images, e]) @ w + b, 0) @ v + c
    np.testing.assert_allclose(discriminator([images[..., None, None], LABELS]), logits, atol=1e-5)


def test_dcgan_joins_the_label_at_every_layer():
    generator, discriminator = (
        conditional_dcgan.build_generator(MNIST, 100, 10),
        conditional_dcgan.build_discriminator(MNIST, 10),
    )
    for model in (generator, discriminator):
        widths = [
            layer.output.shape[-1]
            for layer in model.layers
            if isinstance(layer, keras.layers.Concatenate)
        ]
        assert widths == ([110, 1034, 138, 74] if model is generator else [11, 74, 6282, 1034])
        for weight in model.trainable_weights:
            assert np.std(weight) == pytest.approx(0.02, rel=0.1)
    joined = next(
        layer for layer in discriminator.layers if isinstance(layer, keras.layers.Concatenate)
    )
    maps = keras.Model(discriminator.inputs, joined.output)(
        [np.zeros((2, *MNIST)), np.array([3, 0])]
    ).numpy()
    # One map of ones, the label's.
    assert (maps[0, :, :, 1 + 3] == 1).all() and maps[0].sum() == 28 * 28


def test_a_projection_is_spectrally_normalised():
    _, discriminator = small("conditional_dcgan", {"condition": "projection"})
    normalized = [
        layer.layer for layer in discriminator.layers if isinstance(layer, SpectralNormalization)
    ]
    kinds = [type(layer).__name__ for layer in normalized]
    assert sorted(kinds) == ["Conv2D", "Conv2D", "Dense", "Dense", "Embedding"]
    trained = {id(weight) for layer in normalized for weight in layer.trainable_weights}
    assert trained == {id(weight) for weight in discriminator.trainable_weights}
    images = np.random.default_rng(0).normal(size=(3, 8, 12, 2))
    logits = discriminator([images, LABELS]).numpy()
    table = next(layer for layer in normalized if isinstance(layer, keras.layers.Embedding))
    dot = next(layer for layer in discriminator.layers if isinstance(layer, keras.layers.Dot))
    vectors, hidden = keras.Model(discriminator.inputs, dot.input)([images, LABELS])
    wrapped = next(
        layer for layer in discriminator.layers if getattr(layer, "layer", None) is table
    )
    sigma = float(wrapped.singular_value(table.embeddings)[0])
    np.testing.assert_allclose(vectors, table.embeddings.numpy()[LABELS] / sigma, rtol=1e-4)
    plain = keras.Model(discriminator.inputs, discriminator.layers[-1].input[0])
    expected = plain([images, LABELS]) + np.sum(vectors * hidden, axis=1, keepdims=True)
    np.testing.assert_allclose(logits, expected, atol=1e-6)


def test_projection_is_an_inner_product_with_a_vector_of_the_class():
    _, discriminator = small(
        "conditional_dcgan", {"condition": "projection", "spectral_normalization": False}
    )
    images = np.random.default_rng(0).normal(size=(3, 8, 12, 2))
    dot = next(layer for layer in discriminator.layers if isinstance(layer, keras.layers.Dot))
    model = keras.Model(discriminator.inputs, dot.input[1])
    hidden = model([images, LABELS]).numpy()
    shapes = {tuple(weight.shape): weight.numpy() for weight in discriminator.trainable_weights}
    plain, vectors = shapes[(6, 1)], shapes[(3, 6)]
    np.testing.assert_allclose(
        discriminator([images, LABELS]),
        hidden @ plain + np.sum(hidden * vectors[LABELS], axis=1, keepdims=True),
        atol=1e-5,
    )


def test_ranges_of_the_outputs():
    for name, low in (
        ("conditional_maxout", 0),
        ("conditional_one_hot", 0),
        ("conditional_dcgan", 0),
        ("conditional_mlp", -1),
    ):
        generator, _ = small(name)
        generator.set_weights(
            [1000 * weight if weight.ndim > 1 else weight for weight in generator.get_weights()]
        )
        images = generator(
            [np.random.default_rng(0).normal(size=(30, 5)), np.arange(30) % 3]
        ).numpy()
        assert images.min() == pytest.approx(low, abs=1e-3) and images.max() == pytest.approx(
            1, abs=1e-3
        )


def test_bad_arguments():
    with pytest.raises(
        UserError, match=r"multiples of 4, such as \(28, 32\). Received: image_shape=\(27, 33, 1\)"
    ):
        conditional_dcgan.build_generator((27, 33, 1), 5, 3)
    with pytest.raises(
        UserError, match=r"'concatenation', 'projection', 'classifier'.*condition='project'"
    ):
        conditional_dcgan.build_discriminator((28, 28, 1), 3, condition="project")
