"""Image-to-image translation without pairs (Zhu et al., 2017)."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.layers import ImageHistory
from tf_gan.models.base import Objective
from tf_gan.models.gan import check_is_linear, check_is_model, symbolic_call
from tf_gan.models.pix2pix import mean_absolute_difference
from tf_gan.models.translation import Translation
from tf_gan.training.rng import Stream


@dataclasses.dataclass(frozen=True)
class Direction:
    """One of the two directions of a model: G makes images of sources, D tells them
    from real ones, the history is what it sees earlier fakes in.
    """

    generator: keras.Model
    discriminator: keras.Model
    sources: tf.Tensor
    images: tf.Tensor
    history: ImageHistory | None


@keras.saving.register_keras_serializable("tf_gan")
class CycleGAN(Translation):
    """Two GANs, from a domain A to a domain B and back, that learn without pairs: there
    and back again must lead to where it began.

    With a of A and b of B, G_AB and G_BA descend together

    w (L_G(D_B(G_AB(a))) + L_G(D_A(G_BA(b)))) + lambda (E[|G_BA(G_AB(a)) - a|] +
    E[|G_AB(G_BA(b)) - b|]) + mu (E[|G_AB(b) - b|] + E[|G_BA(a) - a|])

    and D_B and D_A the sum of their losses. Zhu et al., Unpaired Image-to-Image
    Translation using Cycle-Consistent Adversarial Networks (2017),
    https://arxiv.org/abs/1703.10593. D_A and D_B see fakes out of a history of 50
    (`tf_gan.layers.ImageHistory`). The loss is least squares, which has a factor 1/2
    for both objectives; the authors have it for D alone, and w = 2 undoes it for G.

    The model's `generator` and `discriminator` are G_AB and D_B: `generate`,
    `translate`, the moving average, metrics and exports are of this direction.
    `reversed()` is the same model the other way round.

    Logs: `discriminator_loss` and `generator_loss`, sums of L_D and L_G over both
    directions; `cycle_loss`, the sum of the two mean distances; `identity_loss`, the
    same, where it has a weight.

    Args:
        generator: G_AB, Keras model from sources of A, `(B, H, W, C')`, to images of B,
            `(B, H, W, C)`.
        discriminator: D_B, Keras model from images of B to logits, `(B, H', W', 1)` for
            patches or `(B, 1)`.
        inverse_generator: G_BA. By default a twin of G_AB with initial weights of its
            own, for domains of the same shape.
        source_discriminator: D_A, by default a twin of D_B in the same way.
        adversarial_weight: w, >= 0.
        cycle_weight: lambda, >= 0.
        identity_weight: mu, >= 0, for domains of the same shape. The paper has 5 (half
            of lambda) for paintings and else 0.
        history_size: Fakes in each history, >= 0.
        **kwargs: As in `ImageToImage`.

    Raises:
        ValueError: if the networks do not fit each other, or for values out of range.

    Example:

    ```python
    model = tf_gan.CycleGAN(
        cycle_gan.build_generator((128, 128, 3)),
        cycle_gan.build_discriminator((128, 128, 3)),
    )
    model.compile()
    model.fit(horses, zebras, batch_size=1, epochs=200)
    model.translate(horses), model.reversed().translate(zebras)
    ```
    """

    log_names = ("discriminator_loss", "generator_loss", "cycle_loss")
    paired = False

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        inverse_generator: keras.Model | None = None,
        source_discriminator: keras.Model | None = None,
        *,
        adversarial_weight: float = 2.0,
        cycle_weight: float = 10.0,
        identity_weight: float = 0.0,
        history_size: int = 50,
        **kwargs,
    ):
        for name, value in (
            ("adversarial_weight", adversarial_weight),
            ("cycle_weight", cycle_weight),
            ("identity_weight", identity_weight),
        ):
            if not value >= 0:
                raise UserError(
                    f"Invalid value for argument `{name}`. Expected a number >= 0. Received:"
                    f" {name}={value}"
                )
        if not isinstance(history_size, int) or history_size < 0:
            raise UserError(
                "Invalid value for argument `history_size`. Expected an integer >= 0. Received:"
                f" history_size={history_size!r}"
            )
        self.adversarial_weight, self.cycle_weight, self.identity_weight = (
            adversarial_weight,
            cycle_weight,
            identity_weight,
        )
        self.history_size = history_size
        super().__init__(generator, discriminator, **kwargs)
        self.inverse_generator = (
            _twin(generator, "inverse") if inverse_generator is None else inverse_generator
        )
        self.source_discriminator = (
            _twin(discriminator, "source") if source_discriminator is None else source_discriminator
        )
        self._check_way_back()
        self.image_history = ImageHistory(history_size, self.image_shape) if history_size else None
        self.source_history = (
            ImageHistory(history_size, self.source_shape) if history_size else None
        )
        self._reversed = None

    def _check_way_back(self) -> None:
        check_is_model("inverse_generator", self.inverse_generator)
        check_is_model("source_discriminator", self.source_discriminator)
        images = keras.Input(self.image_shape, name="images")
        sources = symbolic_call(
            self.inverse_generator, "inverse_generator", images, "images of the generator"
        )
        if tuple(sources.shape[1:]) != self.source_shape:
            raise UserError(
                f"Expected an inverse_generator from images, {self.image_shape}, to sources,"
                f" {self.source_shape}. Received: one to {tuple(sources.shape[1:])}"
            )
        self._check_outputs(
            *tf.nest.flatten(
                symbolic_call(self.source_discriminator, "source_discriminator", sources, "sources")
            )
        )
        check_is_linear(self.source_discriminator, 0, "logits")
        if self.identity_weight and self.image_shape != self.source_shape:
            raise UserError(
                "The identity loss is for domains of the same shape: expected identity_weight=0."
                f" Received: identity_weight={self.identity_weight} for sources of shape"
                f" {self.source_shape}, images of shape {self.image_shape}"
            )

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="least_squares",
        discriminator_steps: int = 1,
        **kwargs,
    ) -> None:
        """Sets how the model is played: as `GAN.compile`, by default with the
        least-squares loss.
        """
        super().compile(
            generator_optimizer, discriminator_optimizer, loss, discriminator_steps, **kwargs
        )

    def _term_names(self):
        return super()._term_names() + (("identity_loss",) if self.identity_weight else ())

    def objectives(self):
        return (
            Objective(
                [self.discriminator, self.source_discriminator],
                self.discriminator_optimizer,
                self.discriminator_loss,
            ),
            Objective(
                [self.generator, self.inverse_generator],
                self.generator_optimizer,
                self.generator_loss,
            ),
        )

    # === The losses ===

    def directions(self, images, labels) -> tuple[Direction, Direction]:
        """Returns both directions for a minibatch: from A to B, from B to A."""
        return (
            Direction(self.generator, self.discriminator, labels, images, self.image_history),
            Direction(
                self.inverse_generator,
                self.source_discriminator,
                images,
                labels,
                self.source_history,
            ),
        )

    def discriminator_loss(self, images, labels, random: Stream):
        """Returns the loss of D_A and D_B with penalties, the logs, and the fakes with
        their places in the histories.
        """
        losses, terms, kept = [], [], []
        for number, direction in enumerate(self.directions(images, labels)):
            fakes = random.once(
                number,
                lambda direction=direction: direction.generator(direction.sources, training=True),
            )
            stream = random.fold(number)
            if direction.history is not None:
                new = fakes
                fakes, slots = direction.history.choose(new, stream.fold(0))
                kept.append((new, slots))
            judge = lambda x, network=direction.discriminator: _logits(network, x, True)  # noqa: E731
            fake, real = judge(fakes), judge(direction.images)
            losses.append(self.adversarial_loss.discriminator_loss(real, fake))
            real_images = tf.cast(direction.images, fakes.dtype)
            terms += [
                penalty(judge, real_images, fakes, stream.fold(1 + number))
                for number, penalty in enumerate(self.penalties)
            ]
        loss, logs = sum(losses), {"discriminator_loss": sum(losses)}
        if terms:
            logs["gradient_penalty"] = tf.add_n(terms)
            loss += logs["gradient_penalty"]
        return loss, logs, *kept

    def keep(self, kept):
        for history, (images, slots) in zip(
            (self.image_history, self.source_history), kept, strict=True
        ):
            history.write(images, slots)

    def generator_loss(self, images, labels, random: Stream, training: bool = True):
        """Returns the loss of G_AB and G_BA, and the logs."""
        there, back = self.directions(images, labels)
        adversarial, cycle, identity = [], [], []
        for number, (direction, way_back) in enumerate(((there, back), (back, there))):
            fakes = random.once(
                number,
                lambda direction=direction: direction.generator(
                    direction.sources, training=training
                ),
            )
            fake = _logits(direction.discriminator, fakes, training)
            real = (
                _logits(direction.discriminator, direction.images, training)
                if self.adversarial_loss.needs_real_logits
                else None
            )
            adversarial.append(self.adversarial_loss.generator_loss(real, fake))
            cycle.append(
                mean_absolute_difference(
                    way_back.generator(fakes, training=training), direction.sources
                )
            )
            if self.identity_weight:
                same = direction.generator(direction.images, training=training)
                identity.append(mean_absolute_difference(same, direction.images))
        logs = {"generator_loss": sum(adversarial), "cycle_loss": sum(cycle)} | (
            {"identity_loss": sum(identity)} if identity else {}
        )
        loss = (
            self.adversarial_weight * logs["generator_loss"]
            + self.cycle_weight * logs["cycle_loss"]
        )
        return loss + self.identity_weight * sum(identity), logs

    def evaluation_logs(self, images, labels, random):
        losses = []
        for direction in self.directions(images, labels):
            fakes = direction.generator(direction.sources, training=False)
            fake, real = (
                _logits(direction.discriminator, x, False) for x in (fakes, direction.images)
            )
            losses.append(self.adversarial_loss.discriminator_loss(real, fake))
        return {"discriminator_loss": sum(losses)} | self.generator_loss(
            images, labels, random, training=False
        )[1]

    # === The other way round ===

    def reversed(self) -> "CycleGAN":
        """Returns a model from B to A with the same networks, not copies of them: for
        translating, pictures and exports, not compiled.
        """
        if self._reversed is None:
            model = CycleGAN(
                self.inverse_generator,
                self.source_discriminator,
                self.generator,
                self.discriminator,
                source_shape=self.image_shape,
                source_range=self.data_range,
                data_range=self.source_range,
                history_size=0,
                seed=self.seed,
            )
            # Keras would take the model itself for a part of this one.
            self._reversed = lambda: model
        model = self._reversed()
        model.step.assign(self.step)
        return model

    def translate_back(self, images: np.ndarray, batch_size: int = 64) -> np.ndarray:
        """Returns G_BA(b) for images of B: as `translate`, the other way."""
        return self.reversed().translate(images, batch_size)

    # === Saving ===

    def get_config(self):
        return super().get_config() | {
            "inverse_generator": keras.saving.serialize_keras_object(self.inverse_generator),
            "source_discriminator": keras.saving.serialize_keras_object(self.source_discriminator),
            "adversarial_weight": self.adversarial_weight,
            "cycle_weight": self.cycle_weight,
            "identity_weight": self.identity_weight,
            "history_size": self.history_size,
        }


def _logits(discriminator: keras.Model, images, training: bool) -> tf.Tensor:
    return tf.cast(discriminator(images, training=training), tf.float32)


def _twin(network: keras.Model, prefix: str) -> keras.Model:
    return type(network).from_config(network.get_config() | {"name": f"{prefix}_{network.name}"})
