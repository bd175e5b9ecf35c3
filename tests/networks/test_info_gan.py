"""The networks of InfoGAN and of the VAEs: "info_gan", "info_gan_mlp", "vae_conv",
"vae_mlp".
"""

import keras
import numpy as np
import pytest
from support.networks import check_copy, dtype_policy, trainable_count

from tf_gan.errors import UserError
from tf_gan.networks import info_gan, info_gan_mlp, mlp, vae_conv, vae_mlp

MNIST = (28, 28, 1)


# A layer before BatchNormalization has no bias: two numbers a channel either way.
BODY = (16 * 64 + 64) + (16 * 64 * 128 + 2 * 128) + (6272 * 1024 + 2 * 1024)
GENERATOR = (
    (74 * 1024 + 2 * 1024) + (1024 * 6272 + 2 * 6272) + (16 * 128 * 64 + 2 * 64) + (16 * 64 + 1)
)


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: info_gan.build_generator(), GENERATOR),
        (lambda: info_gan.build_discriminator(), BODY + 1025 + (1024 * 128 + 2 * 128) + 129 * 12),
        (lambda: info_gan.build_discriminator(code_dim=0), BODY + 1025),
        (lambda: vae_conv.build_generator(latent_dim=74), GENERATOR),
        (lambda: vae_conv.build_encoder(latent_dim=64), BODY + 2 * 1025 * 64),
        (lambda: info_gan_mlp.build_generator(MNIST, 100), 1_510_032),
        (
            lambda: info_gan_mlp.build_discriminator(MNIST, code_dim=12),
            533_505 + 257 * 128 + 129 * 12,
        ),
        (lambda: vae_mlp.build_encoder(MNIST, 20), 785 * 500 + 2 * 501 * 20),
        (lambda: vae_mlp.build_generator(MNIST, 20), 21 * 500 + 501 * 784),
    ],
)
def test_parameters(build, parameters):
    assert trainable_count(build()) == parameters


SMALL = {"filters": (4, 6), "units": 8}


def small_networks(shape=(8, 12, 2)):
    return {
        "info_gan G": info_gan.build_generator(shape, 5, **SMALL),
        "info_gan D": info_gan.build_discriminator(shape, code_dim=3, code_units=4, **SMALL),
        "info_gan_mlp D": info_gan_mlp.build_discriminator(
            shape, code_dim=3, units=(8, 6), code_units=4
        ),
        "vae_conv E": vae_conv.build_encoder(shape, 5, **SMALL),
        "vae_mlp E": vae_mlp.build_encoder(shape, 5, units=(8,)),
        "vae_mlp G": vae_mlp.build_generator(shape, 5, units=(8,)),
    }


OUTPUTS = {"G": [(None, 8, 12, 2)], "D": [(None, 1), (None, 3)], "E": [(None, 5), (None, 5)]}


def test_shapes_and_copies():
    for name, model in small_networks().items():
        assert [output.shape for output in model.outputs] == OUTPUTS[name[-1]], name
        check_copy(model)


def test_outputs_are_float32_under_mixed_precision():
    with dtype_policy("mixed_bfloat16"):
        networks = small_networks()
    for name, model in networks.items():
        assert {output.dtype for output in model.outputs} == {"float32"}, name
        assert "bfloat16" in {layer.compute_dtype for layer in model.layers}, name


@pytest.mark.parametrize(
    "build",
    [
        info_gan.build_generator,
        info_gan.build_discriminator,
        vae_conv.build_generator,
        vae_conv.build_encoder,
    ],
)
def test_sizes_that_do_not_halve_twice(build):
    with pytest.raises(
        UserError, match=r"multiples of 4, such as \(28, 32\). Received: image_shape=\(27, 33, 1\)"
    ):
        build((27, 33, 1))


def test_weights_start_as_in_the_authors_code():
    for model in (
        info_gan.build_generator((8, 8, 1), units=64),
        info_gan.build_discriminator((8, 8, 1), units=64),
    ):
        for layer in model.layers:
            if hasattr(layer, "kernel") and np.prod(layer.kernel.shape) > 1000:
                assert layer.kernel.numpy().std() == pytest.approx(0.02, rel=0.1), layer.name
            if isinstance(layer, keras.layers.BatchNormalization):
                assert (layer.epsilon, layer.momentum) == (1e-5, 0.9)
                assert layer.gamma.numpy().mean() == pytest.approx(1, abs=0.01)
    for layer in vae_mlp.build_generator((8, 8, 1)).layers:
        if hasattr(layer, "kernel"):
            assert layer.kernel.numpy().std() == pytest.approx(0.01, rel=0.1)


def test_samples_begin_with_the_brightness_of_the_data():
    means = np.random.default_rng(0).uniform(0, 0.4, (28, 28, 2)) + [0.0, 0.5]
    keras.utils.set_random_seed(0)
    generator = info_gan.build_generator((28, 28, 2), 5, pixel_means=means)
    images = generator(np.random.default_rng(0).normal(size=(64, 5)), training=True).numpy()
    np.testing.assert_allclose(images.mean((0, 1, 2)), means.mean((0, 1)), atol=0.02)
    black = info_gan.build_generator((28, 28, 1), 5, pixel_means=np.zeros((28, 28, 1)))
    np.testing.assert_allclose(black.layers[-1].bias, [np.log(1e-3 / (1 - 1e-3))], rtol=1e-5)
    with pytest.raises(UserError, match="activation='sigmoid'"):
        info_gan.build_generator((28, 28, 2), 5, pixel_means=means, activation="tanh")


def test_info_gan_mlp_is_the_mlp_with_a_second_head():
    plain, double = (
        mlp.build_discriminator((4, 4, 1), units=(6, 5)),
        info_gan_mlp.build_discriminator((4, 4, 1), units=(6, 5), code_dim=2),
    )
    shared = {tuple(weight.shape): weight for weight in plain.get_weights()}
    double.set_weights([shared.get(tuple(weight.shape), weight) for weight in double.get_weights()])
    x = np.random.default_rng(0).normal(size=(3, 4, 4, 1))
    np.testing.assert_allclose(double(x)[0], plain(x), atol=1e-6)


def test_the_deviation_of_the_convolutional_encoder_is_a_softplus():
    encoder = vae_conv.build_encoder((8, 8, 1), 3, **SMALL)
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype(np.float32)
    mean, deviation = encoder.get_layer("mean"), encoder.get_layer("deviation")
    mean.set_weights([0 * mean.kernel.numpy(), np.array([1.0, 2.0, 3.0])])
    deviation.set_weights([0 * deviation.kernel.numpy(), np.array([0.0, 3.0, -30.0])])
    means, log_variances = encoder(x)
    np.testing.assert_allclose(means, [[1, 2, 3]] * 4)
    np.testing.assert_allclose(
        np.exp(0.5 * log_variances), [[np.log(2), np.log1p(np.exp(3)), 1e-6]] * 4, rtol=1e-4
    )
