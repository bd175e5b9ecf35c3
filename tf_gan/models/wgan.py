"""Wasserstein GANs with weight clipping (Arjovsky et al., 2017)."""

import keras

from tf_gan.errors import UserError, positive
from tf_gan.layers import ClipWeights
from tf_gan.models.gan import GAN
from tf_gan.models.network_checks import without_others


@keras.saving.register_keras_serializable("tf_gan")
class WGAN(GAN):
    """A GAN whose critic estimates the Wasserstein distance of the images.

    max over critics f with weights in [-c, c] of E[f(x)] - E[f(G(z))]; G descends
    -E[f(G(z))]

    After each update of the critic its weights are clipped to [-c, c]. Arjovsky,
    Chintala and Bottou, Wasserstein GAN (2017), https://arxiv.org/abs/1701.07875,
    algorithm 1. The paper calls clipping "a clearly terrible way to enforce a Lipschitz
    constraint"; the penalty of Gulrajani et al. is `GAN` with `loss="wasserstein",
    penalties="wgan_gp"`.

    Logs: `discriminator_loss`, whose negative estimates the distance up to a factor;
    `generator_loss`; `logit(x)` and `logit(G(z))`, the means of the critic.

    Args:
        generator: Keras model from latents `(B, latent_dim)` to images `(B, ...)`.
        discriminator: The critic: Keras model from images to any real values, `(B, 1)`
            or `(B, H, W, 1)`.
        latent_dim: Length of the latent vector z, >= 1.
        clip: c, > 0; the paper's is 0.01.
        **kwargs: `prior`, `moving_average`, `data_range`, `seed` and `name` of `GAN`.

    Raises:
        ValueError: if the networks do not fit each other or `latent_dim`, or `clip` <=
            0.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int = 100,
        *,
        clip: float = 0.01,
        **kwargs,
    ):
        positive(clip=clip)
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        self.clip = clip
        for variable in discriminator.trainable_variables:
            if not isinstance(variable.constraint, (ClipWeights, type(None))):
                raise UserError(
                    "WGAN clips the weights of the critic, and one of them has a constraint of its"
                    f" own: {variable.path}. Expected layers without constraints"
                )
            variable.constraint = ClipWeights(clip)  # Optimizers apply it after each update.

    @without_others
    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_steps: int = 5,
        *,
        augment=None,
        updates: str = "alternating",
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
    ) -> None:
        """Sets how the networks are trained: as `GAN.compile`, with Wasserstein's loss,
        without penalties, `penalty_interval` and `generator_batch_factor`. The defaults are
        the paper's: RMSprop(5e-5) for both networks, five critic steps before a generator
        step.

        Raises:
            ValueError: as in `GAN.compile`.
        """
        super().compile(
            generator_optimizer,
            discriminator_optimizer,
            "wasserstein",
            discriminator_steps,
            augment=augment,
            updates=updates,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.RMSprop(5e-5)

    def get_config(self):
        return super().get_config() | {"clip": self.clip}
