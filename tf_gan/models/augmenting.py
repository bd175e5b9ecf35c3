"""What the discriminator sees of an image: augmentation of its real and fake side."""

import keras
import tensorflow as tf

from tf_gan import augment, losses
from tf_gan.augment import controller
from tf_gan.errors import UserError
from tf_gan.models.logs import state
from tf_gan.training.rng import Fold, Stream


class Augmenting(keras.Model):
    """The half of `GAN` that shows D augmented images.

    Real images, the fakes of D's step and those of G's step pass the same augmentation,
    each with draws of its own that follow from the seed and the step; penalties see the
    augmented images. D then cannot learn the training images by heart, and what is
    augmented does not leak into the samples as long as it can be undone in the mean
    (Zhao et al., 2020, https://arxiv.org/abs/2006.10738; Karras et al., 2020,
    https://arxiv.org/abs/2006.06676).
    """

    augmentation: augment.Augmentation | None = None
    gives_logits = True  # Whether D's first output is the logit of one discriminator.

    def set_augmentation(self, identifier) -> None:
        """Sets the augmentation of `compile`.

        Raises:
            ValueError: for unknown names, or an adaptive one where D has no logits, or
                logits whose sign says nothing.
        """
        self.augmentation = augment.get(identifier)
        if self.augmentation is None or not self.augmentation.adaptive:
            return
        loss = self.adversarial_loss
        if not self.gives_logits or not (loss.log_odds or isinstance(loss, losses.Hinge)):
            raise UserError(
                "Adaptive augmentation follows the sign of D's logits, which says nothing in"
                f" {type(self).__name__} with the loss {type(loss).__name__}. Expected a fixed one,"
                " such as augment='color,translation,cutout' or tf_gan.augment.ADA(p=0.2); or the"
                " loss non_saturating, minimax or hinge"
            )
        self._make_augmentation_state()

    def _make_augmentation_state(self) -> None:
        if hasattr(self, "augmentation_p"):
            return
        for name, value in zip(controller.NAMES, controller.initial(), strict=True):
            name = f"augmentation_{name}"
            # An attribute each: what checkpoints keep.
            setattr(self, name, state(value, name, value.dtype.name))

    def load_own_variables(self, store):
        """Loads the variables of a file; with those of the controller, if it has them."""
        try:
            super().load_own_variables(store)
        except ValueError as error:
            if hasattr(self, "augmentation_p"):
                raise UserError(
                    "The weights do not fit. Load those of a model without adaptive augmentation"
                    f" before `compile`. {error}"
                ) from error
            self._make_augmentation_state()  # Loaded without `compile`.
            super().load_own_variables(store)

    @property
    def augmentation_state(self) -> list[keras.Variable]:
        """The variables of the controller's `State`."""
        return [getattr(self, f"augmentation_{name}") for name in controller.NAMES]

    def augmented(
        self, images, side: Fold, random: Stream, training: bool = True, value_range=None
    ):
        """Returns what D sees of images of one side.

        Args:
            images: `(B, H, W, C)`, in `data_range`.
            side: `Fold.REAL` or `Fold.FAKE`: each has its own draws.
            random: The random numbers of the update.
            training: Images are not augmented outside of training.
            value_range: `(low, high)` of the images, where it is not `data_range`.
        """
        if self.augmentation is None or not training:
            return images
        value_range = value_range or self.data_range
        if value_range is None:
            raise UserError(
                "Augmentation needs the range of the images. Expected data_range=(low, high), such"
                f" as (-1, 1), in {type(self).__name__}(...). Received: none, and the generator's"
                " last activation does not tell"
            )
        return self.augmentation(
            images, random.fold(side), p=self.augment_p(), value_range=value_range
        )

    def augment_p(self):
        """Returns the probability of the augmentation in this step."""
        if self.augmentation.adaptive:
            return self.augmentation_p.value
        return self.augmentation.probability(self.step.value)

    def augmentation_logs(self, real_logits) -> tuple[dict, tuple]:
        """Returns the logs of an augmentation that changes, and the extras of D's loss:
        the signs of its logits on real images.
        """
        if self.augmentation is None or isinstance(self.augmentation.p, (int, float)):
            return {}, ()
        logs = {"augment_p": tf.cast(self.augment_p(), tf.float32)}
        if not self.augmentation.adaptive:
            return logs, ()
        signs = tf.reduce_mean(tf.sign(real_logits), axis=list(range(1, real_logits.shape.rank)))
        return logs | {"r_t": tf.reduce_mean(signs)}, (signs,)

    def after_update(self, extras):
        (signs,) = extras
        state = controller.update(
            controller.State(*(variable.value for variable in self.augmentation_state)),
            tf.reduce_mean(signs),
            tf.shape(signs)[0],
            target=self.augmentation.target,
            interval=self.augmentation.interval,
            images_for_one=self.augmentation.images_for_one,
        )
        for variable, value in zip(self.augmentation_state, state, strict=True):
            variable.assign(value)
