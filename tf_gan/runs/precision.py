"""Which precision is the faster one on this machine: `config.precision=auto`."""

import gc
import math
import statistics
import time
import warnings

import keras
import ml_collections
import tensorflow as tf

from tf_gan import data, distribute
from tf_gan.errors import UserError
from tf_gan.fast import fastest
from tf_gan.fast.biases import right_bias_gradients
from tf_gan.fast.convolutions import only_cpus
from tf_gan.runs import build
from tf_gan.training.fit import nonfinite_variable
from tf_gan.training.xla import should_use_xla

GAIN = 1.2  # So many times as fast a convolution has to be in bfloat16,
STEP_GAIN = 1.1  # and then a step of the run, timed over
STEPS, SECONDS = 32, 4.0  # so many steps or, from three on, seconds.
ERROR = 0.01  # Of a sum in bfloat16, at most: on CPUs such sums come to a stop.


def choose(config: ml_collections.ConfigDict, examples: data.Examples, show: bool) -> str:
    """Returns the faster precision for the networks of a config. To be called in the scope
    of the strategy.

    Args:
        config: The config.
        examples: The training data.
        show: Whether to print what was chosen, and why.

    Raises:
        UserError: with several workers, which could choose differently.
    """
    if distribute.has_several_workers(tf.distribute.get_strategy()):
        raise UserError(
            "Several workers could choose differently. Expected config.precision=float32 or"
            " mixed_bfloat16. Received: auto"
        )
    trial = config.copy_and_resolve_references()
    trial.precision = "float32"
    pays, model = False, build.build(trial, examples)
    if only_cpus() and should_use_xla(model):
        why = "dense layers gain nothing from bfloat16 on CPUs"
    else:
        speed, total = bfloat16_speed(), bfloat16_total()
        pays = speed >= GAIN and abs(total - 1) < ERROR
        why = f"a convolution in bfloat16 is {speed:.2g} times as fast as in float32 here"
        if abs(total - 1) >= ERROR:
            why += f", and gradients of biases are {total:.2g} times their value"
    # On accelerators a program would be compiled twice, in minutes; a network that grows is
    # small in its first steps.
    grows = model.enter_phase()[1] is not None
    if pays and only_cpus() and not grows:
        seconds = [step_seconds(config, examples, each) for each in ("float32", "mixed_bfloat16")]
        speed = seconds[0] / seconds[1]
        pays = speed >= STEP_GAIN
        why += f", and a step of this run {speed:.2g} times"
    chosen = "mixed_bfloat16" if pays else "float32"
    if show:
        print(f"config.precision={chosen}: {why}.", flush=True)
    return chosen


class _Stopwatch(keras.callbacks.Callback):
    """Notes the seconds of each step, and ends the training behind enough of them."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)
        timed = self.seconds[1:]  # The first one was compiled.
        if len(timed) >= STEPS or (len(timed) >= 3 and sum(timed) > SECONDS):
            self.model.stop_training = True


def step_seconds(
    config: ml_collections.ConfigDict, examples: data.Examples, precision: str
) -> float:
    """Returns the seconds of a step of training in a precision, the median of a few by a
    model that is built, trained and dropped: those of lazy penalties hardly count. Infinity if
    its weights do not stay finite.

    Args:
        config: The config.
        examples: The training data.
        precision: Name of the policy.
    """
    trial = config.copy_and_resolve_references()
    trial.precision, trial.steps_per_execution = precision, 1
    model, stopwatch = build.build(trial, examples), _Stopwatch()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # What the run itself warns of.
        model.fit(
            examples,
            batch_size=config.batch_size,
            epochs=STEPS + 1,  # However few steps an epoch has.
            callbacks=[stopwatch],
            verbose=0,
        )
    is_finite = nonfinite_variable(model) is None
    del model
    gc.collect()  # Keras' models are cycles.
    return math.inf if not is_finite else statistics.median(stopwatch.seconds[1:])


def bfloat16_total() -> float:
    """Returns the gradient of a bias in bfloat16 on the first device, the sum over maps of
    (16, 32, 32) pixels, over its value.
    """
    maps = tf.ones((16, 32, 32, 8), tf.bfloat16)
    with right_bias_gradients(), tf.GradientTape() as tape:
        bias = tf.zeros((8,), tf.bfloat16)
        tape.watch(bias)
        outputs = tf.nn.bias_add(maps, bias)
        gradient = tape.gradient(outputs, bias, output_gradients=maps)
    return float(gradient[0]) / (16 * 32 * 32)


def bfloat16_speed() -> float:
    """Returns how many times as fast as in float32 the first device computes a 3x3
    convolution of 64 channels and its gradients in bfloat16.
    """

    def step(images, kernel):
        maps = tf.nn.conv2d(images, kernel, 1, "SAME")
        of_kernel = tf.raw_ops.Conv2DBackpropFilter(
            input=images,
            filter_sizes=kernel.shape,
            out_backprop=maps,
            strides=[1, 1, 1, 1],
            padding="SAME",
        )
        return tf.nn.conv2d_transpose(maps, kernel, images.shape, 1, "SAME"), of_kernel

    def in_bfloat16(*arguments):
        return step(*(tf.cast(argument, tf.bfloat16) for argument in arguments))

    shapes = tf.TensorSpec((16, 32, 32, 64)), tf.TensorSpec((3, 3, 64, 64))
    seconds = fastest.measure({"float32": step, "bfloat16": in_bfloat16}, shapes)
    return seconds["float32"] / seconds["bfloat16"]
