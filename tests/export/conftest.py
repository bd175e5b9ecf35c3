import keras
import pytest

from tf_gan import GAN


class Labelled(GAN):
    """A stand-in for models with classes: the generator takes latents and labels."""

    num_classes = 4

    def check_networks(self):
        self.image_shape = (8, 8, 3)


@pytest.fixture(scope="session")
def labelled():
    """An untrained model with classes whose images depend on the label."""
    keras.utils.set_random_seed(1)
    latents, labels = keras.Input((3,), name="z"), keras.Input((), dtype="int32", name="y")
    x = keras.layers.Concatenate()(
        [
            latents,
            keras.layers.Embedding(
                4, 8, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0)
            )(labels),
        ]
    )
    images = keras.layers.Reshape((8, 8, 3))(
        keras.layers.Dense(
            192,
            activation="sigmoid",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.5),
        )(x)
    )
    discriminator = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return Labelled(keras.Model([latents, labels], images), discriminator, latent_dim=3, seed=1)
