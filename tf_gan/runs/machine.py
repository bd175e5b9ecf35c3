"""The machine that trains, and about how fast it is."""

import time
from typing import NamedTuple

import ml_collections
import tensorflow as tf

from tf_gan.data.pictures import height_and_width
from tf_gan.fast.cores import cores
from tf_gan.runs import build
from tf_gan.training.calls import multiply_adds

# Multiply-adds of a step for each one of a forward pass of an image: both networks'
# passes and gradients, without penalties and with those of R1 and R2.
COST_G, COST_D, COST_D_PENALTIES = 4, 9, 17
# Share of the speed of a large matrix product that a step of convolutions has; the narrow
# maps of two networks, with losses that are not counted, have less (docs/speed.md).
EFFICIENCY = {"fastgan": 0.46, "stylegan2": 0.28}
EFFICIENCY_OTHERS = 0.7


class Machine(NamedTuple):
    """What trains.

    Args:
        cores: Processors that this process, or its container, may use.
        gpus: GPUs that TensorFlow sees.
    """

    cores: int
    gpus: int

    def __str__(self) -> str:
        if self.gpus:
            return f"{self.gpus} GPU{'s' if self.gpus > 1 else ''}"
        return f"{self.cores} CPU core{'s' if self.cores > 1 else ''}, no GPU"


def machine() -> Machine:
    """Returns the machine of this process."""
    return Machine(cores(), len(tf.config.list_physical_devices("GPU")))


def images_per_second(config: ml_collections.ConfigDict, num_classes: int) -> float:
    """Returns about how many images a second this machine trains on, from the
    multiply-adds of the networks and the speed of a matrix product.
    """
    trial = config.copy_and_resolve_references()
    with trial.unlocked():
        height, width = height_and_width(config.data.image_size)
        trial.data.image_shape = (height, width, config.data.channels)
        trial.data.num_classes = num_classes
        trial.model.moving_average = 0.0
        trial.model.half_life = 0.0
        trial.precision = "float32"
    model = build.build(trial)
    cost_d = COST_D
    if config.objective.penalties:
        cost_d += (COST_D_PENALTIES - COST_D) / config.objective.penalty_interval
    cost = COST_G * multiply_adds(model.generator)
    if "discriminator" in model.roles:
        cost += cost_d * multiply_adds(model.discriminator)
    share = EFFICIENCY.get(config.networks.name, EFFICIENCY_OTHERS)
    return share * product_speed() / cost


def product_speed(size: int = 1024) -> float:
    """Returns the multiply-adds a second of a matrix product on the first device: on
    CPUs by processor time, which hardly depends on what else runs there.
    """
    matrix, where = tf.random.stateless_normal([size, size], (0, 0)), machine()
    product = tf.function(lambda x: tf.reduce_sum(tf.matmul(x, x)))
    product(matrix).numpy()
    start, processor, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - start < 0.3:
        product(matrix).numpy()
        count += 1
    seconds = (
        time.perf_counter() - start
        if where.gpus
        else (time.process_time() - processor) / where.cores
    )
    return count * size**3 / seconds
