"""SRResNet: super-resolution without an adversary (Ledig et al., 2017)."""

import keras
import tensorflow as tf

from tf_gan.models.network_checks import check_is_model, single_output, symbolic_call
from tf_gan.models.objective import Batch, Loss, Objective
from tf_gan.models.super_resolution import SuperResolution
from tf_gan.training.rng import Stream


@keras.saving.register_keras_serializable("tf_gan")
class SRResNet(SuperResolution):
    """SRGAN's generator alone: it descends the content loss, which is the first stage
    of SRGAN's training.

    Ledig et al., Photo-Realistic Single Image Super-Resolution Using a Generative
    Adversarial Network (2017), https://arxiv.org/abs/1609.04802.

    Log: `content_loss`.

    Args:
        generator: Keras model from small images of any size in [0, 1], `(B, H, W, C)`,
            to images in `data_range`, each side a whole number of times as large.
        image_shape: Shape of the large images in training, `(H, W, C)`; multiples of
            the scale.
        **kwargs: `content`, `vgg19_weights`, `vgg19_sha256`, `total_variation_weight`,
            `data_range`, `moving_average`, `seed` and `name`: see `SuperResolution`.
            The paper has a total variation of weight 2e-8 here, with vgg22.

    Raises:
        ValueError: if the generator does not fit the images, or for values out of
            range.
    """

    roles = ("generator",)

    def __init__(
        self, generator: keras.Model, image_shape: tuple[int, int, int] = (96, 96, 3), **kwargs
    ):
        check_is_model("generator", generator)
        super().__init__(generator, image_shape=image_shape, **kwargs)
        sources, _ = self.symbols()
        outputs = symbolic_call(generator, "generator", sources, "source images")
        self.image_shape = tuple(single_output(outputs, "generator").shape[1:])
        self.build_average(sources)

    def compile(self, optimizer: keras.optimizers.Optimizer | str | None = None, **kwargs) -> None:
        """Sets how the generator is trained.

        Args:
            optimizer: Keras optimizer, its name, or None for Adam(1e-4).
            **kwargs: `run_eagerly`, `steps_per_execution` and `jit_compile` of
                `GAN.compile`.
        """
        self.generator_optimizer = self.as_optimizer(optimizer)
        super().compile(**kwargs)

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(1e-4)

    def build_objectives(self) -> tuple[Objective, ...]:
        loss = self.generator_loss
        return (Objective("generator", [self.generator], self.generator_optimizer, loss),)

    def forward(self, batch: Batch, random: Stream, *, need_real=True, training=True) -> tf.Tensor:
        """Returns what G makes of the images made small."""
        return self.generator(self.source(batch), training=training)

    def generator_loss(self, fakes: tf.Tensor, batch: Batch, random: Stream) -> Loss:
        """Returns the content loss with the total variation."""
        content = self.content_loss(batch.images, fakes)
        return Loss(self.reconstruction_loss(content, fakes), {"content_loss": content})

    def evaluation_logs(self, batch: Batch, random: Stream) -> dict[str, tf.Tensor]:
        fakes = self.forward(batch, random, training=False)
        return {"content_loss": self.content_loss(batch.images, fakes)}

    def get_compile_config(self):
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        return {"optimizer": serialize(self.generator_optimizer)} | super().get_compile_config()
