"""Progressive growing of GANs (Karras et al., 2018)."""

import numbers
import types
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError, integer, non_negative
from tf_gan.models.gan import GAN, Forward
from tf_gan.models.objective import Batch, split
from tf_gan.networks import progressive
from tf_gan.training import replicas
from tf_gan.training.rng import Fold, Stream


@keras.saving.register_keras_serializable("tf_gan")
class ProgressiveGAN(GAN):
    """A GAN that begins with the smallest images and doubles them, stage by stage.

    Stage 0 lasts s = `stable_steps`; each further one f = `fade_steps` in which it is
    blended in, and s more:

    t_1 = s,  t_{k+1} = t_k + f + s,  alpha_k(t) = min(1, max(0, (t - t_k) / f))

    In stage k, G makes (1 - alpha) up(G_{k-1}(z)) + alpha G_k(z), up repeats pixels; D
    reads its maps in the same way, and real images x are (1 - alpha) up(down(x)) + alpha
    x, down takes means. Stage and alpha follow from the number of the step alone. Each
    stage is a program of its own, with the networks of its size. The optimizers start
    anew with each stage, and their schedules with them.

    D descends E[D(G(z))] - E[D(x)], the gradient penalty of WGAN-GP, and drift_weight
    E[D(x)^2], which holds its outputs near 0. Karras et al., Progressive Growing of GANs
    for Improved Quality, Stability, and Variation (2018),
    https://arxiv.org/abs/1710.10196, sections 2 and A.1.

    Large images have smaller minibatches in the paper: with `batch_sizes` a step of stage
    k makes B / n_k iterations of algorithm 1 on n_k of its B images each, one after the
    other. So a stage lasts for as many images, as in the paper, which has 800,000 for a
    fade and as many after it. The moving average moves once in a step. Without
    `batch_sizes` all stages have the minibatch of the data.

    `generate`, pictures and exports have images of the full size; before the last stage
    their pixels are repeated, and exports have the layers of the present stage alone.

    Logs beside those of `GAN`: `drift`, E[D(x)^2]; `size`, the height of the images that
    are trained; `alpha`.

    Args:
        generator: What `tf_gan.networks.progressive.build_generator` returns.
        discriminator: What its `build_discriminator` returns.
        latent_dim: Length of the latent vector z, >= 1.
        fade_steps: f, >= 1.
        stable_steps: s, >= 1. The last stage has no end.
        drift_weight: Weight of E[D(x)^2], >= 0.
        batch_sizes: n_k, the images of a minibatch in each stage, over all replicas, the
            smallest images first: divisors of `batch_size` of `fit`, such as `(64, 64,
            32, 16)`. None for `batch_size` in all stages.
        **kwargs: `prior`, `moving_average`, `data_range`, `seed` and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other, or for values out of range;
            with `batch_sizes` from `fit`, for a `batch_size` that is no multiple of them,
            and from `compile`, for lazy penalties.

    Example:

    ```python
    from tf_gan.networks import progressive

    model = tf_gan.ProgressiveGAN(
        progressive.build_generator((64, 64, 3), 128, width=64),
        progressive.build_discriminator((64, 64, 3), width=64),
        latent_dim=128,
        fade_steps=5000,
        stable_steps=5000,
        data_range=(-1, 1),
    )
    model.compile()
    model.fit(images, batch_size=16, epochs=200)
    ```
    """

    normalizes_latents = True

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 512,
        *,
        fade_steps: int = 50_000,
        stable_steps: int = 50_000,
        drift_weight: float = 1e-3,
        batch_sizes: Sequence[int] | None = None,
        **kwargs,
    ):
        fade_steps = integer("fade_steps", fade_steps)
        stable_steps = integer("stable_steps", stable_steps)
        non_negative(drift_weight=drift_weight)
        self.fade_steps, self.stable_steps = fade_steps, stable_steps
        self.drift_weight = drift_weight
        self.batch_sizes = tuple(batch_sizes) if isinstance(batch_sizes, list) else batch_sizes
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        # In an object of its own: Keras would save the networks of each stage again.
        self._grown = types.SimpleNamespace(stage=None, networks={})
        self._set_alphas(0)
        self.enter_phase()

    def check_networks(self) -> None:
        counts = [progressive.stages(network) for network in (self.generator, self.discriminator)]
        names = {layer.name for layer in (*self.generator.layers, *self.discriminator.layers)}
        if counts[0] != counts[1] or not {"to_image_0", "from_image_0"} <= names:
            raise UserError(
                "Expected the networks of tf_gan.networks.progressive, both with the same number"
                f" of stages. Received: {counts[0]} and {counts[1]} stages"
            )
        super().check_networks()
        self.stages, sizes = counts[0], self.batch_sizes
        if sizes is None:
            return
        is_wrong = not isinstance(sizes, tuple) or len(sizes) != counts[0]
        if is_wrong or any(not isinstance(n, numbers.Integral) or n < 1 for n in sizes):
            raise UserError(
                f"Expected batch_sizes with a number of images for each of the {counts[0]} stages."
                f" Received: batch_sizes={sizes}"
            )

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: Any = "wasserstein",
        discriminator_steps: int = 1,
        *,
        penalties: Any = "wgan_gp",
        **kwargs,
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, by default with the loss
        and the penalty of WGAN-GP, and Adam(1e-3, beta_1=0, beta_2=0.99, epsilon=1e-8).
        """
        super().compile(
            generator_optimizer,
            discriminator_optimizer,
            loss,
            discriminator_steps,
            penalties=penalties,
            **kwargs,
        )
        if self.batch_sizes and self.lazy_objectives:
            raise UserError(
                "With batch_sizes a step has several iterations, and a lazy penalty would be due"
                " in one of them. Expected penalty_interval=1. Received:"
                f" penalty_interval={self.penalty_interval}"
            )
        self._grown.first = {
            each.name: first_values(each.optimizer, each.variables) for each in self.objectives
        }
        self._grown.stage = None
        self.enter_phase()

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)

    # === The stages ===

    def start_of(self, stage: int) -> int:
        """Returns the first step of a stage."""
        if stage == 0:
            return 0
        return self.stable_steps + (stage - 1) * (self.fade_steps + self.stable_steps)

    def stage_at(self, step: int) -> int:
        """Returns the stage of a step."""
        return max(stage for stage in range(self.stages) if self.start_of(stage) <= step)

    def alpha(self, stage: int, step) -> tf.Tensor:
        """Returns how far a stage is blended in at a step: a float32 scalar in [0, 1]."""
        if stage == 0:
            return tf.constant(1.0)
        done = tf.cast(step, tf.float32) - float(self.start_of(stage))
        return tf.clip_by_value(done / float(self.fade_steps), 0.0, 1.0)

    def enter_phase(self) -> tuple[int, int | None]:
        """Makes the networks of the present stage those that train, and lets optimizers
        start anew in its first step.
        """
        step, grown = int(self.step.numpy()), self._grown
        stage = self.stage_at(step)
        if stage != grown.stage:
            grown.stage = stage
            for name, network in (
                ("generator", progressive.stage_generator(self.generator, stage)),
                ("discriminator", progressive.stage_discriminator(self.discriminator, stage)),
            ):
                grown.networks[name] = network
                for objective in self.objectives:
                    if objective.name == name:
                        objective.parts = (network,)
            average = self.average_generator
            whole = self.generator if average is None else average
            grown.networks["sampler"] = progressive.stage_generator(whole, stage, enlarge=True)
            self._images_function = self.predict_function = None
            if self._compiled is not None:
                self._compiled.compute.clear()
        if stage and step == self.start_of(stage):
            for objective in self.objectives:
                start_anew(objective.optimizer, self._grown.first[objective.name])
        last = stage == self.stages - 1
        return stage, None if last else self.start_of(stage + 1) - step

    def train_step(self, data) -> dict[str, tf.Tensor]:
        if self.batch_sizes is None:
            return super().train_step(data)
        minibatches = split(self.to_batch(data), self.discriminator_steps)
        size = self.batch_sizes[self._grown.stage]
        parts = [dealt(minibatch, size, replicas.replica_count()) for minibatch in minibatches]
        count = parts[0].images.shape[0]

        def iterate(number):
            chosen = [
                Batch(*(None if part is None else part[number] for part in minibatch))
                for minibatch in parts
            ]
            self.iteration(chosen, number * (self.discriminator_steps + 1))
            return [number + 1]

        if replicas.replica_count() > 1:  # They cannot sum gradients inside of a loop.
            for number in range(count):
                iterate(number)
        else:
            tf.while_loop(lambda number: number < count, iterate, [0], parallel_iterations=1)
        return self.finish_step({})

    def _set_alphas(self, step) -> None:
        for network in (self.generator, self.discriminator):
            for number, layer in enumerate(progressive.fades(network), 1):
                layer.alpha.assign(self.alpha(number, step))

    def end_step(self, logs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        stage, step = self._grown.stage, self.step.value
        self._set_alphas(step + 1)
        size = self.image_shape[0] >> (self.stages - 1 - stage)
        return {"size": tf.constant(float(size)), "alpha": self.alpha(stage, step)}

    @property
    def sampler(self) -> keras.Model:
        """The generator of pictures, metrics and exports, of the present stage."""
        if tf.executing_eagerly():
            self.enter_phase()
        return self._grown.networks["sampler"]

    def predict(self, x, *args, **kwargs):
        self.enter_phase()
        return super().predict(x, *args, **kwargs)

    def images_from(
        self, latents, labels=None, batch_size: int = 256, *, truncation: float | None = None
    ):
        self.enter_phase()
        return super().images_from(latents, labels, batch_size, truncation=truncation)

    def generated(self, inputs, random: Stream, training: bool = True) -> tf.Tensor:
        return self._grown.networks["generator"](inputs, training=training)

    def judged(self, inputs, training: bool = True):
        return self._grown.networks["discriminator"](inputs, training=training)

    def real_inputs(self, batch: Batch, random: Stream, training: bool = True) -> tf.Tensor:
        """Returns the real side of what D compares, of the stage's size and blended."""
        images = down(tf.cast(batch.images, tf.float32), self.stages - 1 - self._grown.stage)
        if self._grown.stage:
            alpha = self.alpha(self._grown.stage, self.step.value)
            coarse = tf.repeat(tf.repeat(down(images, 1), 2, axis=1), 2, axis=2)
            images = (1.0 - alpha) * coarse + alpha * images
        return self.augmented(images, Fold.REAL, random, training)

    # === The loss ===

    def real_terms(self, forward: Forward) -> tuple[tf.Tensor, dict]:
        drift = tf.reduce_mean(tf.square(forward.real[0]))
        return self.drift_weight * drift, {"drift": drift}

    def get_config(self):
        return super().get_config() | {
            "fade_steps": self.fade_steps,
            "stable_steps": self.stable_steps,
            "drift_weight": self.drift_weight,
            "batch_sizes": self.batch_sizes,
        }


def dealt(batch: Batch, size: int, replica_count: int) -> Batch:
    """Returns a replica's share of a minibatch as smaller ones, `(parts, n, ...)`, dealt out
    like cards, so that replicas together have those of one device.

    Args:
        batch: The share.
        size: Images of a smaller one over all replicas.
        replica_count: Number of replicas.
    """
    given, wanted = batch.images.shape[0], size // replica_count
    if given is None or size % replica_count or given % wanted:
        total = "unknown size" if given is None else f"{given * replica_count} images"
        among = f" and that divides among {replica_count} replicas" if replica_count > 1 else ""
        raise UserError(
            f"A stage has batch_sizes={size} images in a minibatch. Expected a number that divides"
            f" the minibatches of the data{among}. Received: minibatches of {total}"
        )

    def deal(part):
        parts = tf.reshape(part, [wanted, given // wanted, *part.shape[1:]])
        return tf.transpose(parts, [1, 0, *range(2, parts.shape.rank)])

    return Batch(*(None if part is None else deal(part) for part in batch))


def down(images: tf.Tensor, times: int) -> tf.Tensor:
    """Returns images `(B, H, W, C)` halved so often, each pixel a mean of 2x2."""
    if not times:
        return images
    size = 1 << times
    return tf.nn.avg_pool2d(images, size, size, "VALID")


def first_values(optimizer: keras.optimizers.Optimizer, variables: list) -> list:
    """Returns what each variable of a new optimizer of the same settings is filled with: 0,
    except Nadam's product of momenta and the sums of Adagrad and Ftrl.

    Args:
        optimizer: The optimizer.
        variables: What it moves.
    """
    new = getattr(optimizer, "inner_optimizer", optimizer)
    if int(new.iterations.numpy()):  # It has moved: in a `compile` before.
        new = type(new).from_config(new.get_config())
        new.build(variables)
    return [np.ravel(variable.numpy())[0] for variable in new.variables]


def start_anew(optimizer: keras.optimizers.Optimizer, first: list) -> None:
    """Sets an optimizer's state and count of updates to those of a new one; its learning
    rate stays.

    Args:
        optimizer: The optimizer.
        first: What `first_values` returned for it.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    for variable, value in zip(optimizer.variables, first, strict=True):
        if variable.name != "learning_rate":
            variable.assign(tf.fill(variable.shape, tf.cast(value, variable.dtype)))
