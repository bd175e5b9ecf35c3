r"""The MLP of Kingma and Welling, Auto-Encoding Variational Bayes (2013), on MNIST: one
hidden layer of 500 tanh units in each network, 20 latents, Adagrad.

Time: 5 minutes on two busy CPU cores.
Score: no number yet.

    tf-gan-train --config=mnist_vae --workdir=runs/mnist_vae
    tf-gan-sample --workdir=runs/mnist_vae --kind=reconstructions \
        --output=reconstructions.png

    tf-gan-train --config=mnist_vae --workdir=runs/mnist_vae_2 \
        --config.model.latent_dim=2
    tf-gan-sample --workdir=runs/mnist_vae_2 --kind=manifold --output=manifold.png

The paper tries 3, 5, 10, 20 and 200 latents, and steps of 0.01, 0.02 and 0.1. 50
epochs.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_vae"
    config.data.name = "mnist"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "vae"
    config.model.latent_dim = 20
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict({"likelihood": "bernoulli"})
    config.networks.name = "vae_mlp"
    config.networks.encoder = ConfigDict({"units": (500,)})
    config.networks.generator = ConfigDict({"units": (500,)})
    config.networks.discriminator = ConfigDict()
    config.optimizer.name = "adagrad"
    config.optimizer.generator_learning_rate = 0.02
    config.batch_size = 100
    config.epochs = 50
    config.steps_per_execution = 50
    config.sample_every = 5
    config.checkpoint_every = 5
    return config
