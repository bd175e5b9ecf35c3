"""BigGAN's networks: values in NumPy, the published parameter counts, the start, training."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import routine
from support.networks import outputs, trainable_count
from support.residual_twin import DISCRIMINATOR_32, Twin, randomize

import tf_gan
from tf_gan import distribute
from tf_gan.errors import UserError
from tf_gan.layers import OffDiagonalRegularizer, SpectralNormalization
from tf_gan.networks import biggan

SHAPE, CLASSES = (16, 24, 3), 4
RANDOM = np.random.default_rng(0)
LATENTS = RANDOM.normal(size=(3, 8)).astype(np.float32)
LABELS = np.array([0, 3, 1], np.int32)


def test_parameter_counts_of_the_authors():
    """For ImageNet at 128x128, as in Google's compare_gan."""
    shape = (128, 128, 3)
    with tf.Graph().as_default():  # Weights without values, which would take 600 MB.
        assert trainable_count(biggan.build_generator(shape, 120, 1000)) == 70_433_988
        assert trainable_count(biggan.build_discriminator(shape, 1000)) == 87_982_370


@pytest.mark.parametrize("spectral", [True, False])
def test_networks_match_numpy(spectral):
    arguments = {"width": 8, "spectral_normalization": spectral}
    generator = biggan.build_generator(SHAPE, 8, CLASSES, embedding_dim=6, **arguments)
    discriminator = biggan.build_discriminator(SHAPE, CLASSES, **arguments)
    for model in (generator, discriminator):
        randomize(model)
    twin = Twin(generator)
    classes, (first, *chunks) = twin.embedded(LABELS), np.split(LATENTS, 4, axis=1)
    conditions = [np.concatenate([classes, chunk], axis=1) for chunk in chunks]
    expected = twin.generated(first, (2, 3, 8), conditions, attention_after=2)
    np.testing.assert_allclose(outputs(generator, LATENTS, LABELS), expected, atol=2e-5)
    assert twin.is_empty()
    images = RANDOM.uniform(-1, 1, (3, *SHAPE)).astype(np.float32)
    twin = Twin(discriminator)
    expected = twin.judged(images, DISCRIMINATOR_32, LABELS, attention_after=1)
    np.testing.assert_allclose(
        outputs(discriminator, images, LABELS), expected, atol=1e-5, rtol=1e-5
    )
    assert twin.is_empty()


def test_larger_discriminators_match_numpy():
    shape = (64, 64, 3)
    discriminator = biggan.build_discriminator(shape, CLASSES, width=32, attention=0)
    randomize(discriminator)
    images = RANDOM.uniform(-1, 1, (2, *shape)).astype(np.float32)
    expected = Twin(discriminator).judged(images, [{}] * 4 + [{"down": False}], LABELS[:2])
    np.testing.assert_allclose(
        outputs(discriminator, images, LABELS[:2]), expected, atol=1e-5, rtol=1e-5
    )


def test_kernels_start_orthogonal_and_the_shared_embedding_is_not_normalised():
    generator = biggan.build_generator((32, 32, 3), 16, 4, width=16)
    embedding = generator.get_layer("classes")
    assert isinstance(embedding, keras.layers.Embedding)
    kernels = [
        layer.layer.kernel for layer in generator.layers if isinstance(layer, SpectralNormalization)
    ]
    for kernel in kernels:
        matrix = np.asarray(kernel).reshape(-1, kernel.shape[-1])
        small = matrix.T @ matrix if len(matrix) >= matrix.shape[1] else matrix @ matrix.T
        np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-5)


def test_the_orthogonal_weight_reaches_every_kernel():
    for model in (
        biggan.build_generator(SHAPE, 8, CLASSES, width=4, orthogonal_weight=0.1),
        biggan.build_discriminator(SHAPE, CLASSES, width=4, orthogonal_weight=0.1),
    ):
        for variable in model.trainable_variables:
            has = isinstance(variable.regularizer, OffDiagonalRegularizer)
            assert has == (variable.name == "kernel"), variable.path


def test_latents_must_have_equal_chunks():
    with pytest.raises(UserError, match=r"multiple of 4. Received: latent_dim=10"):
        biggan.build_generator(SHAPE, 10, CLASSES)
    with pytest.raises(UserError, match=r"multiple of 6. Received: latent_dim=80"):
        biggan.build_generator((128, 128, 3), 80, CLASSES)
    with pytest.raises(UserError, match=r"'glorot', 'orthogonal', 'normal'.*'ortho'"):
        biggan.build_discriminator(SHAPE, CLASSES, initializer="ortho")


TINY = (8, 8, 3)
EXAMPLES = tf_gan.data.Examples(
    RANDOM.uniform(-1, 1, (32, *TINY)).astype(np.float32), np.arange(32) % CLASSES, (-1, 1)
)


def make(**arguments):
    keras.utils.set_random_seed(0)
    gan = tf_gan.ConditionalGAN(
        biggan.build_generator(TINY, 8, CLASSES, width=4, embedding_dim=3, orthogonal_weight=1.0),
        biggan.build_discriminator(TINY, CLASSES, width=4, orthogonal_weight=0.1),
        latent_dim=8,
        num_classes=CLASSES,
        moving_average=0.9,
    )
    # A bias in front of BatchNormalization has a gradient of rounding errors alone: with a
    # smaller epsilon Adam would make steps of it.
    rates = (keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-3) for _ in range(2))
    gan.compile(*rates, loss="hinge", **({"jit_compile": False} | arguments))
    return gan


@pytest.mark.slow
def test_a_conditional_gan_moves_every_weight_and_logs_the_regularization():
    gan = make(run_eagerly=True)
    before = [v.numpy() for network in gan.networks for v in network.trainable_variables]
    # In the first of two steps gamma is 0, and the rest of attention stays.
    logs = gan.fit(EXAMPLES[:16], batch_size=8, verbose=0).history
    after = [v.numpy() for network in gan.networks for v in network.trainable_variables]
    assert np.isfinite(list(logs.values())).all()
    assert {"generator_regularization", "discriminator_regularization"} <= set(logs)
    assert all((a != b).any() for a, b in zip(before, after, strict=True))
    assert gan.generate(2, seed=0, labels=[1, 2]).shape == (2, *TINY)


@pytest.mark.slow
def test_all_forms_of_execution_agree():
    routine.check_forms(make, EXAMPLES)


@pytest.mark.slow
def test_a_run_that_stopped_goes_on_as_if_it_had_not(tmp_path):
    # Without, the shared embedding's gradient, a sum over the blocks, differs by roundings.
    with distribute.deterministic(True):
        routine.check_resume(make, EXAMPLES[:16], tmp_path)


@pytest.mark.slow
def test_two_replicas_do_what_one_does(mirrored):
    def synchronized(**arguments):
        gan = make(**arguments)
        for layer in gan.generator._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
        # Plain descent: Adam would scale up the gradients that are nothing but rounding.
        rates = (keras.optimizers.SGD(0.01) for _ in range(2))
        gan.compile(*rates, loss="hinge", **arguments)
        return gan

    routine.check_two_replicas(synchronized, EXAMPLES, mirrored, tolerance=1e-4)
