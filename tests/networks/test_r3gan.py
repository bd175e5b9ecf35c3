"""R3GAN's networks: the paper's parameter counts, the start, shapes and saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import numpy_layers as np_

import tf_gan
from tf_gan.errors import UserError
from tf_gan.networks import r3gan
from tf_gan.penalties import R1, R2


# Table 9: millions of parameters of G and D for StackedMNIST, CIFAR-10 with classes,
# FFHQ at 64x64 and 256x256.
@pytest.mark.parametrize(
    ("size", "classes", "millions"),
    [
        (32, None, (20.7, 20.7)),
        (32, 10, (20.8, 21.3)),
        (64, None, (22.4, 22.4)),
        (256, None, (23.1, 23.0)),
    ],
)
def test_parameter_counts_of_the_paper(size, classes, millions):
    shape = (size, size, 3)
    counts = (
        r3gan.build_generator(shape, 64, classes).count_params(),
        r3gan.build_discriminator(shape, classes).count_params(),
    )
    assert tuple(round(count / 1e6, 1) for count in counts) == millions


def blocks_of(model):
    """Returns models of the values before and behind each sum of a block."""
    sums = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    return [
        keras.Model(model.input, [layer.input[0], layer.input[1], layer.output]) for layer in sums
    ]


def test_every_branch_is_zero_at_the_start():
    shape = (16, 16, 3)
    images = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    latents = np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32)
    arguments = {"widths": (16, 8), "group_width": 4}
    for network, inputs in (
        (r3gan.build_generator(shape, 8, **arguments), latents),
        (r3gan.build_discriminator(shape, **arguments), images),
    ):
        blocks = blocks_of(network)
        assert len(blocks) == 4
        for block in blocks:
            stem, branch, outputs = block(inputs)
            assert np.all(np.asarray(branch) == 0.0)
            np.testing.assert_array_equal(stem, outputs)


def test_a_discriminator_of_one_block_in_numpy():
    discriminator = r3gan.build_discriminator((4, 4, 3), widths=(8,), blocks=1, group_width=4)
    weights = np_.weights(np_.randomize(discriminator))
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3))

    def grouped(x, kernel, bias):  # Four groups of four channels.
        parts = zip(np.split(x, 4, axis=-1), np.split(kernel, 4, axis=-1), strict=True)
        return np.concatenate([np_.convolution(*part) for part in parts], axis=-1) + bias

    x = np_.convolution(images, next(weights), next(weights))
    y = np_.leaky_relu(np_.convolution(x, next(weights), next(weights)))
    y = np_.leaky_relu(grouped(y, next(weights), next(weights)))
    x = x + np_.convolution(y, next(weights))
    features = (x * next(weights)).sum(axis=(1, 2))
    expected = features @ next(weights) + next(weights)
    logits = discriminator(images.astype(np.float32))
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
    assert next(weights, None) is None


def test_the_scale_of_images_does_not_depend_on_the_depth():
    latents = np.random.default_rng(1).normal(size=(64, 32)).astype(np.float32)
    deviations = [
        float(
            np.std(r3gan.build_generator((16, 16, 3), 32, widths=(64, 64, 64), blocks=n)(latents))
        )
        for n in (1, 8)
    ]
    assert deviations[0] == pytest.approx(deviations[1], rel=0.5)
    assert 0.2 < deviations[0] < 2.0


def test_first_convolutions_are_scaled_by_the_number_of_blocks():
    def deviations(blocks):
        model = r3gan.build_discriminator((8, 8, 3), widths=(256, 256), blocks=blocks)
        convs = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
        inner = [layer for layer in convs if layer.filters == 512]
        return [float(np.std(layer.kernel)) for layer in inner[:2]]

    # L = 2 and 32 blocks: (1 / 16)^(1 / 4) = 1 / 2.
    for few, many in zip(deviations(1), deviations(16), strict=True):
        assert many / few == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize("shape", [(32, 32, 1), (64, 64, 4), (48, 64, 3), (24, 40, 3)])
@pytest.mark.parametrize("classes", [None, 5])
@pytest.mark.slow
def test_shapes_copies_and_saving(shape, classes, tmp_path):
    widths = (16, 8, 8)
    generator = r3gan.build_generator(shape, 6, classes, widths=widths, group_width=8)
    discriminator = r3gan.build_discriminator(shape, classes, widths=widths, group_width=8)
    latents, labels = tf.fill([2, 6], 0.1), tf.constant([0, 4])
    images = generator([latents, labels] if classes else latents)
    assert images.shape == (2, *shape)
    logits = discriminator([images, labels] if classes else images)
    assert logits.shape == (2, 1)
    if classes:
        assert not np.allclose(images[0], images[1])
    path = tmp_path / "generator.keras"
    generator.save(path)
    loaded = keras.saving.load_model(path)
    np.testing.assert_array_equal(loaded([latents, labels] if classes else latents), images)


def test_widths_follow_from_the_size():
    assert r3gan.default_widths((256, 256, 3)) == (768, 768, 768, 768, 384, 192, 96)
    assert r3gan.default_widths((64, 48, 3), 128) == (128, 128, 128, 64)
    assert r3gan.default_widths((28, 28, 1), 64) == (64, 64, 64)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match=r"multiples of 8, such as \(32, 32\)"):
        r3gan.build_generator((30, 30, 3), 8, widths=(8, 8, 8, 8))
    with pytest.raises(UserError, match=r"group_width=0 for one group. Received: a width of 20"):
        r3gan.build_discriminator((8, 8, 3), widths=(20, 20))


@pytest.mark.slow
def test_it_trains_with_both_penalties():
    shape = (8, 8, 3)
    arguments = {"widths": (16, 8), "group_width": 8, "blocks": 1}
    gan = tf_gan.GAN(
        r3gan.build_generator(shape, 4, **arguments),
        r3gan.build_discriminator(shape, **arguments),
        latent_dim=4,
        data_range=(-1, 1),
    )
    gan.compile(loss="relativistic", penalties=[R1(0.1), R2(0.1)], jit_compile=False)
    images = np.random.default_rng(0).uniform(-1, 1, (32, *shape)).astype(np.float32)
    # The bias of the logits cancels in their differences.
    moving = [v for network in gan.networks for v in network.weights if v.shape != (1,)]
    before = [variable.numpy() for variable in moving]
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    after = [variable.numpy() for variable in moving]
    assert all((a != b).any() for a, b in zip(before, after, strict=True))


def test_grouped_convolutions_have_a_second_derivative():
    discriminator = r3gan.build_discriminator((8, 8, 3), widths=(16, 16), group_width=8)
    for variable in discriminator.trainable_variables:  # Off the start, where all is 0.
        variable.assign_add(0.1 * tf.random.stateless_normal(variable.shape, (1, 2)))
    images = tf.random.stateless_normal((2, 8, 8, 3), (3, 4))
    kernels = [v.value for v in discriminator.trainable_variables]

    @tf.function(autograph=False)
    def gradients():
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(kernels)
            penalty = R1(1.0)(discriminator, images, images, None)
        return tape.gradient(penalty, kernels)

    assert sum(gradient is not None for gradient in gradients()) >= len(kernels) - 4
