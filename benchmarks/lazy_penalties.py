"""Penalties in every step, and in every 8th one with 8 times the weight: the table of
`configs/grid_r3.py`.
"""

import copy
import time

import tensorflow as tf

from tf_gan.data.sources.grid import grid, grid_means
from tf_gan.metrics import mode_count
from tf_gan.penalties import R1, R2, Penalty
from tf_gan.runs import build, config_file


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


ARMS = {
    "every step": (R1(1.0), R2(1.0)),
    "every 8th": (Lazy(R1(1.0)), Lazy(R2(1.0))),
    "R1 alone": (R1(1.0),),
    "none": (),
}


def trained(penalties, seed: int):
    """Returns the modes of 10,000 samples of `configs/grid_r3.py` with other penalties."""
    config = config_file.load("grid_r3")
    config.seed, config.data.image_shape, config.jit_compile = seed, (2,), "false"
    examples = grid(config.data.points, seed=seed)
    gan = build.build(config, examples)
    gan.penalties = penalties  # No step has been traced yet.
    gan.fit(examples, batch_size=config.batch_size, epochs=config.epochs, verbose=0)
    return mode_count(gan.generate(10_000, seed=0), grid_means(), 0.05)


def main() -> None:
    for seed in (0, 1):
        for name, penalties in ARMS.items():
            began = time.process_time()
            found = trained(penalties, seed)
            print(
                f"seed {seed}, {name}: {found.count} modes, {found.good_share:.1%} good,"
                f" KL {found.kl_to_uniform:.4f}, {time.process_time() - began:.0f} s of CPU",
                flush=True,
            )


if __name__ == "__main__":
    main()
