"""The 2014 recipe, `configs/mnist_paper.py`, against 20 updates in NumPy.

The settings are those of `mnist.yaml` and `__init__.py` in goodfeli/adversarial and of
the pylearn2 that they ran on: initial weights, dropout on the inputs of each layer of D,
D's loss halved, G's log D through the same dropout, both sides at once, momentum by
epoch, decay by update.
"""

import keras
import numpy as np
import pytest
from scipy.special import expit as sigmoid

from tf_gan.data import Examples
from tf_gan.runs import build, config_file
from tf_gan.training.update import seed_states

IMAGES = (np.random.default_rng(0).uniform(size=(24, 3, 2, 1)) * 255).astype(np.uint8)
BATCH, EPOCH = 6, 4  # Images in a batch, updates in an epoch.


@pytest.fixture(scope="module")
def config():
    config = config_file.load("mnist_paper")
    config.data.image_shape = (3, 2, 1)
    config.model.latent_dim = 4
    config.networks.generator.units = (6, 5)
    config.networks.discriminator.units = 3
    # Larger than those of the recipe, so that 20 updates show.
    config.networks.generator.weight_range = config.networks.generator.output_range = 1.0
    config.networks.discriminator.weight_range = 0.5
    config.batch_size = BATCH
    return config


def examples():
    return Examples(IMAGES, value_range=(0.0, 1.0))


def masks(gan, random):
    """Returns the scaled dropout masks of an update: for the fakes, then for the reals."""
    layers = [x for x in gan.discriminator.layers if isinstance(x, keras.layers.Dropout)]
    states = seed_states(gan.networks, random)
    with keras.StatelessScope(states):
        return [
            [
                layer(np.ones((BATCH, *layer.output.shape[1:])), training=True).numpy()
                for layer in layers
            ]
            for _ in range(2)
        ]


class Program:
    """The program of 2014, in double precision."""

    def __init__(self, generator, discriminator):
        self.g, self.d = (
            [w.astype(float) for w in n.get_weights()] for n in (generator, discriminator)
        )
        self.velocity = [np.zeros_like(w) for w in self.g + self.d]

    def generate(self, z):
        w1, b1, w2, b2, w3, b3 = self.g
        h1 = np.maximum(z @ w1 + b1, 0)
        h2 = np.maximum(h1 @ w2 + b2, 0)
        return h1, h2, sigmoid(h2 @ w3 + b3)

    def through_d(self, x, masks, error):
        """Returns the gradients for `error(logits)`, that of a loss: of D's weights and of
        the images.
        """
        kept, states = x, []
        for number, mask in enumerate(masks[:2]):
            kept = kept * mask
            pieces = (kept @ self.d[2 * number] + self.d[2 * number + 1]).reshape(len(x), 3, 5)
            largest = pieces == pieces.max(-1, keepdims=True)  # All of them where all are dropped.
            states.append((kept, largest / largest.sum(-1, keepdims=True)))
            kept = pieces.max(-1)
        top = kept * masks[2]
        slope = error(top @ self.d[4] + self.d[5])
        gradients = [top.T @ slope, slope.sum(0)]
        slope = slope @ self.d[4].T * masks[2]
        for number in (1, 0):
            inputs, share = states[number]
            spread = (slope[..., None] * share).reshape(len(x), -1)
            gradients = [inputs.T @ spread, spread.sum(0), *gradients]
            slope = spread @ self.d[2 * number].T * masks[number]
        return gradients, slope

    def update(self, t, x, z, fake_masks, real_masks):
        h1, h2, fakes = self.generate(z)
        n = len(x)
        real, _ = self.through_d(x, real_masks, lambda a: (sigmoid(a) - 1) / n)
        fake, _ = self.through_d(fakes, fake_masks, lambda a: sigmoid(a) / n)
        _, slope = self.through_d(fakes, fake_masks, lambda a: (sigmoid(a) - 1) / n)
        of_g = []
        slope = slope * fakes * (1 - fakes)
        for number, inputs in ((2, h2), (1, h1), (0, z)):
            of_g = [inputs.T @ slope, slope.sum(0), *of_g]
            slope = slope @ self.g[2 * number].T * (inputs > 0)
        gradients = of_g + [0.5 * (a + b) for a, b in zip(real, fake, strict=True)]
        momentum = 0.5 + 0.2 * min(t // EPOCH / 249, 1)
        rate = max(0.1 / 1.000004**t, 1e-6)
        for weights, velocity, gradient in zip(
            self.g + self.d, self.velocity, gradients, strict=True
        ):
            velocity *= momentum
            velocity -= rate * gradient
            weights += velocity


def test_twenty_updates_are_those_of_the_program(config):
    gan = build.build(config, examples())
    program = Program(gan.generator, gan.discriminator)
    for t in range(20):
        x = examples()[t % EPOCH * BATCH : (t % EPOCH + 1) * BATCH].arrays()
        stream = gan.stream(t, 0)
        fake_masks, real_masks = masks(gan, stream.fold(0))
        z = gan.latents_of(BATCH, t, 0).numpy()
        program.update(
            t,
            x.reshape(BATCH, -1),
            z,
            *([m.reshape(BATCH, -1) for m in side] for side in (fake_masks, real_masks)),
        )
        gan.train_on_batch(x)
    for network, expected in ((gan.generator, program.g), (gan.discriminator, program.d)):
        for weights, other in zip(network.get_weights(), expected, strict=True):
            np.testing.assert_allclose(weights, other, atol=2e-6)


def test_dropout_keeps_and_scales_as_the_program_does(config):
    gan = build.build(config)
    draws = [masks(gan, gan.stream(t, 0).fold(0)) for t in range(40)]
    for layer, (keep, scale) in enumerate(((0.8, 1.25), (0.5, 2.0), (0.5, 2.0))):
        values = np.concatenate([side[layer].reshape(-1) for draw in draws for side in draw])
        np.testing.assert_allclose(np.unique(values), [0, scale])
        assert np.mean(values > 0) == pytest.approx(keep, abs=0.04)
    assert any((fake[2] != real[2]).any() for fake, real in draws)


def test_initial_weights_and_latents(config):
    gan = build.build(config, examples())
    means = IMAGES.reshape(24, -1).mean(0) / 255.0
    np.testing.assert_allclose(
        gan.generator.get_weights()[-1], np.log(means / (1 - means)), rtol=1e-5
    )
    assert not any(np.any(b) for b in gan.discriminator.get_weights()[1::2])
    assert not any(np.any(b) for b in gan.generator.get_weights()[1:-1:2])
    z = gan.latents_of(10_000, 0, 0).numpy()
    assert np.abs(z).max() <= 3**0.5 and z.var() == pytest.approx(1.0, abs=0.02)


def test_samples_are_without_dropout(config):
    """D has dropout alone; a sample is one pass through G, and D's output on it is fixed."""
    gan = build.build(config)
    images = gan.generate(5, seed=3)
    np.testing.assert_array_equal(images, gan.generate(5, seed=3))
    np.testing.assert_array_equal(gan.discriminator(images), gan.discriminator(images))
    assert not any(isinstance(x, keras.layers.Dropout) for x in gan.generator.layers)
