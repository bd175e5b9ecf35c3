"""Penalties in every step, and in every 8th one with 8 times the weight.

`pytest -m slow -n 0 -s tests/test_lazy_penalties.py` prints the table of
configs/grid_r3.py.
"""

import copy
import time

import numpy as np
import pytest
import tensorflow as tf

from tf_gan.data.sources.grid import grid, grid_means
from tf_gan.metrics import mode_count
from tf_gan.penalties import R1, R2, Penalty
from tf_gan.runs import build, config_file
from tf_gan.training.rng import Stream


class Lazy(Penalty):
    """A penalty in every k-th step alone, with k times its weight: the same in the mean.

    Args:
        penalty: The penalty, with a number as its weight.
        k: Steps from one to the next.
    """

    def __init__(self, penalty: Penalty, k: int = 8):
        super().__init__(penalty.weight)
        self.penalty, self.k = penalty, k

    def at(self, step) -> Penalty:
        penalty = copy.copy(self.penalty)
        penalty.weight = tf.where(tf.equal(step % self.k, 0), self.k * self.weight, 0.0)
        return penalty


def test_a_lazy_penalty_is_the_penalty_in_the_mean():
    """D(x) = 2 x: R1 is weight / 2 * 4."""
    lazy, images = Lazy(R1(0.5)), tf.zeros((4, 1))
    values = [
        float(lazy.at(tf.constant(step))(lambda x: 2 * x, images, images, Stream(0)))
        for step in range(16)
    ]
    assert values == [8.0, *[0.0] * 7] * 2
    assert np.mean(values) == R1(0.5)(lambda x: 2 * x, images, images, Stream(0))


def trained(penalties, seed: int):
    """Returns the modes of 10,000 samples of configs/grid_r3.py with other penalties."""
    config = config_file.load("grid_r3")
    config.seed, config.data.image_shape = seed, (2,)
    examples = grid(config.data.points, seed=seed)
    gan = build.build(config, examples)
    gan.penalties = penalties  # No step has been traced yet.
    gan.fit(examples, batch_size=config.batch_size, epochs=config.epochs, verbose=0)
    return mode_count(gan.generate(10_000, seed=0), grid_means(), 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_grid_with_penalties_in_every_step_in_every_8th_and_without(seed):
    arms = {
        "every step": (R1(1.0), R2(1.0)),
        "every 8th": (Lazy(R1(1.0)), Lazy(R2(1.0))),
        "R1 alone": (R1(1.0),),
        "none": (),
    }
    found = {}
    for name, penalties in arms.items():
        began = time.process_time()
        found[name] = trained(penalties, seed)
        print(
            f"seed {seed}, {name}: {found[name].count} modes, {found[name].good_share:.1%} good,"
            f" KL {found[name].kl_to_uniform:.4f}, {time.process_time() - began:.0f} s of CPU",
            flush=True,
        )
    assert found["every step"].count == 25
    assert found["every step"].good_share > 0.8
    assert found["none"].count < 25
    assert found["none"].kl_to_uniform > 10 * found["every step"].kl_to_uniform
