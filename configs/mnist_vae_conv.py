"""A convolutional VAE on MNIST, the one of google/compare_gan with half the filters and
a quarter of the units.

Time: 9 minutes on two busy CPU cores.
Score: Frechet 97.1, Parzen 256.9 +- 1.8 nats, ELBO -100.5 nats.

    tf-gan-train --config=mnist_vae_conv --workdir=runs/mnist_vae_conv

Its decoder is the generator of `mnist_gan_conv.py`, its encoder that config's
discriminator but for the heads and the slope of LeakyReLU: docs/gan_vs_vae.md compares
the two. compare_gan has 64 latents and Adam at 5e-5, after a search.

12 epochs, 11,244 steps, 551 s on two busy cores of an x86-64 server CPU. ELBO -100.5
nats on the training images; sharpness 0.40, Frechet distance of the classifier's
features 97.1, Parzen 256.9 +- 1.8 nats, precision 0.862, recall 0.550.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_vae_conv"
    config.data.name = "mnist"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "vae"
    config.model.latent_dim = 20
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict({"likelihood": "bernoulli"})
    config.networks.name = "vae_conv"
    config.networks.encoder = ConfigDict({"filters": (32, 64), "units": 256})
    config.networks.generator = ConfigDict({"filters": (64, 32), "units": 256})
    config.networks.discriminator = ConfigDict()
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.9
    config.epochs = 12
    config.steps_per_execution = 50
    config.sample_every = 1
    config.checkpoint_every = 2
    return config
