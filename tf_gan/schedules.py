"""Numbers that change while a model trains, as functions of the step.

A schedule is a `keras.optimizers.schedules.LearningRateSchedule`: a callable of the
step, an integer tensor, that returns a float32 scalar. Learning rates, Adam's beta_2,
weights of penalties, decays of moving averages and the strength of augmentation may be
numbers or schedules. A value follows from the number of the step alone, so that one
graph serves the whole training and a resumed run continues to the bit.
"""

import math
import numbers

import keras
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule as Schedule

from tf_gan.errors import UserError, integer, non_negative, positive


def value_at(number, step):
    """Returns a number, or the value of a schedule at a step.

    Args:
        number: Python number, or a schedule.
        step: Integer tensor of shape `()`.
    """
    return number(step) if callable(number) else number


def _check_order(begin_step, end_step) -> None:
    if not begin_step < end_step:
        raise UserError(
            "Expected a schedule with begin_step < end_step. Received:"
            f" begin_step={begin_step}, end_step={end_step}"
        )


@keras.saving.register_keras_serializable("tf_gan")
class DecayWithFloor(Schedule):
    """lr_t = max(rate / factor^t, floor) after t updates.

    Args:
        rate: Learning rate at the start.
        factor: >= 1. The code of the 2014 paper has 1.000004, the conditional GAN paper
            prints 1.00004.
        floor: Smallest learning rate, >= 0.

    Raises:
        ValueError: for a factor below 1, or a floor below 0.
    """

    def __init__(self, rate: float, factor: float = 1.000004, floor: float = 1e-6):
        non_negative(floor=floor)
        if not factor >= 1:
            raise UserError(f"Expected a factor >= 1. Received: factor={factor}")
        self.rate, self.factor, self.floor = rate, factor, floor

    def __call__(self, step):
        # The logarithm is taken here in double precision: float32 has no number close
        # enough to 1.000004.
        return tf.maximum(
            self.rate * tf.exp(-math.log(self.factor) * tf.cast(step, tf.float32)), self.floor
        )

    def get_config(self):
        return {"rate": self.rate, "factor": self.factor, "floor": self.floor}


@keras.saving.register_keras_serializable("tf_gan")
class LateDecay(Schedule):
    """Is constant, falls exponentially between two updates, and is constant again: rate
    * share^p with p from 0 at `begin_step` to 1 at `end_step`.

    Args:
        rate: Learning rate at the start.
        begin_step: Update from which it falls.
        end_step: Update where it is `share` of what it was, > begin_step.
        share: In (0, 1).

    Raises:
        ValueError: for begin_step >= end_step, or another share.
    """

    def __init__(self, rate: float, begin_step: int, end_step: int, share: float = 0.01):
        _check_order(begin_step, end_step)
        if not 0 < share < 1:
            raise UserError(f"Expected a share in (0, 1). Received: share={share}")
        self.rate, self.begin_step, self.end_step, self.share = rate, begin_step, end_step, share

    def __call__(self, step):
        progress = (tf.cast(step, tf.float32) - self.begin_step) / (self.end_step - self.begin_step)
        return self.rate * tf.exp(math.log(self.share) * tf.clip_by_value(progress, 0.0, 1.0))

    def get_config(self):
        return {
            "rate": self.rate,
            "begin_step": self.begin_step,
            "end_step": self.end_step,
            "share": self.share,
        }


@keras.saving.register_keras_serializable("tf_gan")
class LinearRamp(Schedule):
    """Rises or falls linearly from `start` to `end` between two updates, and is
    constant before and after.

    Args:
        start: Value up to update `begin_step`.
        end: Value from update `end_step` on.
        begin_step: Update where the ramp begins.
        end_step: Update where it ends, > begin_step.
        every: Updates for which a value holds, >= 1, such as those of an epoch: the
            value of an update is that of the last multiple of `every`.

    Raises:
        ValueError: for begin_step >= end_step, or every < 1.
    """

    def __init__(self, start: float, end: float, begin_step: int, end_step: int, every: int = 1):
        _check_order(begin_step, end_step)
        every = integer("every", every)
        self.start, self.end, self.begin_step, self.end_step = start, end, begin_step, end_step
        self.every = every

    def __call__(self, step):
        if self.every > 1:
            step = tf.cast(step, tf.int64) // self.every * self.every
        progress = (tf.cast(step, tf.float32) - self.begin_step) / (self.end_step - self.begin_step)
        return self.start + (self.end - self.start) * tf.clip_by_value(progress, 0.0, 1.0)

    def get_config(self):
        return {
            "start": self.start,
            "end": self.end,
            "begin_step": self.begin_step,
            "end_step": self.end_step,
            "every": self.every,
        }


@keras.saving.register_keras_serializable("tf_gan")
class Cosine(Schedule):
    """Goes from `start` to `end` by half a cosine over the first `steps` steps, and is
    constant then: end + (start - end) (1 + cos(pi min(t / steps, 1))) / 2.

    Args:
        start: Value at step 0.
        end: Value from step `steps` on.
        steps: > 0.

    Raises:
        ValueError: for steps <= 0.
    """

    def __init__(self, start: float, end: float, steps: float):
        positive(steps=steps)
        self.start, self.end, self.steps = start, end, steps

    def __call__(self, step):
        progress = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        share = 0.5 + 0.5 * tf.cos(math.pi * progress)
        return self.end + (self.start - self.end) * share

    def get_config(self):
        return {"start": self.start, "end": self.end, "steps": self.steps}


@keras.saving.register_keras_serializable("tf_gan")
class HalfLife(Schedule):
    """Decay of a moving average whose half-life is given in steps: 2^(-1 / h_t), with
    h_t = min(steps, ramp t), so that the average of a short run is not left where it
    started.

    Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
    https://arxiv.org/abs/1912.04958, and its code: `ramp=0.05`.

    Args:
        steps: Half-life, a number > 0 or a schedule.
        ramp: Share of the steps so far that the half-life is at most, > 0; None for no
            limit.

    Raises:
        ValueError: for steps or a ramp that is not above 0.
    """

    def __init__(self, steps, ramp: float | None = 0.05):
        is_steps = callable(steps) or (isinstance(steps, numbers.Real) and float(steps) > 0)
        if not is_steps or not (
            ramp is None or (isinstance(ramp, numbers.Real) and float(ramp) > 0)
        ):
            raise UserError(
                "Expected a half-life `steps` > 0, and `ramp` > 0 or None. Received:"
                f" steps={steps!r}, ramp={ramp!r}"
            )
        self.steps, self.ramp = steps, ramp

    def __call__(self, step):
        half_life = tf.cast(value_at(self.steps, step), tf.float32)
        if self.ramp is not None:
            half_life = tf.minimum(half_life, self.ramp * tf.cast(step, tf.float32))
        # A half-life of 0 is no average at all.
        return tf.exp(-math.log(2.0) / tf.maximum(half_life, 1e-8))

    def get_config(self):
        return {"steps": keras.saving.serialize_keras_object(self.steps), "ramp": self.ramp}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["steps"]), config["ramp"])


@keras.saving.register_keras_serializable("tf_gan")
class During(Schedule):
    """A value, or a schedule that begins at update `begin_step`, between two updates;
    0 before and after. As a learning rate it trains for that time only.

    Args:
        value: Number or schedule.
        begin_step: First update.
        end_step: Update from which it is 0, > begin_step; None for never.

    Raises:
        ValueError: for begin_step >= end_step.
    """

    def __init__(self, value, begin_step: int, end_step: int | None = None):
        if end_step is not None:
            _check_order(begin_step, end_step)
        self.value, self.begin_step, self.end_step = value, begin_step, end_step

    def __call__(self, step):
        step = tf.cast(step, tf.int64)
        inside = step >= self.begin_step
        if self.end_step is not None:
            inside &= step < self.end_step
        value = value_at(self.value, tf.maximum(step - self.begin_step, 0))
        return tf.where(inside, tf.cast(value, tf.float32), 0.0)

    def get_config(self):
        value = self.value
        return {
            "value": keras.saving.serialize_keras_object(value) if callable(value) else value,
            "begin_step": self.begin_step,
            "end_step": self.end_step,
        }

    @classmethod
    def from_config(cls, config):
        value = keras.saving.deserialize_keras_object(config["value"])
        return cls(**{**config, "value": value})
