"""SRResNet: super-resolution without an adversary (Ledig et al., 2017)."""

import keras
import tensorflow as tf

from tf_gan.errors import UserError
from tf_gan.models.base import Objective
from tf_gan.models.gan import symbolic_call, unpack
from tf_gan.models.srgan import SRGAN
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class SRResNet(SRGAN):
    """SRGAN's generator alone: it descends the content loss, which is the first stage
    of SRGAN's training.

    Ledig et al., Photo-Realistic Single Image Super-Resolution Using a Generative
    Adversarial Network (2017), https://arxiv.org/abs/1609.04802.

    Log: `content_loss`.

    Args:
        generator: As in `SRGAN`.
        image_shape: The same.
        **kwargs: `content`, `vgg19_weights`, `vgg19_sha256`, `total_variation_weight`,
            `data_range`, `moving_average` and `seed`, as in `SRGAN`. The paper has a
            total variation of weight 2e-8 here, with vgg22.

    Raises:
        ValueError: as in `SRGAN`, and for an `adversarial_weight`: there is no
            adversary.
    """

    log_names = ("content_loss",)
    roles = ("generator",)

    def __init__(
        self, generator: keras.Model, image_shape: tuple[int, int, int] = (96, 96, 3), **kwargs
    ):
        if "adversarial_weight" in kwargs:
            raise UserError(
                "SRResNet has no adversary. Expected no `adversarial_weight`; for one see `SRGAN`"
            )
        super().__init__(generator, None, image_shape, **kwargs)

    def _check_players(self):
        source, _ = self._symbols()
        self.image_shape = tuple(
            symbolic_call(self.generator, "generator", source, "source images").shape[1:]
        )

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
    ) -> None:
        """Sets how the generator is trained.

        Args:
            optimizer: Keras optimizer, its name, or None for Adam(1e-4).
            run_eagerly: As in `keras.Model.compile`.
            steps_per_execution: The same.
            jit_compile: As in `GAN.compile`.
        """
        super().compile(
            optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )

    def objectives(self) -> tuple[Objective]:
        return (Objective([self.generator], self.generator_optimizer, self.generator_loss),)

    def train_step(self, data) -> dict[str, tf.Tensor]:
        self.update(list(self.objectives()), *unpack(data), draw=0)
        return self.finish_step()

    def generator_loss(self, images, labels, random: Stream):
        fakes = self.generator(self.source(images, labels), training=True)
        content = self.content_loss(images, fakes)
        return self.reconstruction_loss(content, fakes), {"content_loss": content}

    def evaluation_logs(self, images, labels, random: Stream):
        return {
            "content_loss": self.content_loss(
                images, self.generator(self.source(images, labels), training=False)
            )
        }

    def get_config(self):
        config = super().get_config()
        return {
            key: value
            for key, value in config.items()
            if key not in ("discriminator", "adversarial_weight")
        }

    def get_compile_config(self):
        config = super().get_compile_config()
        return {"optimizer": config["generator_optimizer"]} | {
            key: config[key] for key in ("run_eagerly", "steps_per_execution", "jit_compile")
        }
