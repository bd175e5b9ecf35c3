"""A DCGAN on Fashion-MNIST, otherwise as `mnist_dcgan.py`.

Time: 10 minutes on one busy CPU core.
Score: plain trousers, shirts and shoes; no number.

    tf-gan-train --config=fashion_mnist_dcgan --workdir=runs/fashion_mnist_dcgan

8 epochs, 3,744 steps, 594 s on one busy core of an x86-64 server CPU: trousers, shirts
and shoes are plain, bags and sandals have holes.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "fashion_mnist_dcgan"
    config.data.name = "fashion_mnist"
    config.model.latent_dim = 100
    config.model.prior = "uniform"
    config.model.moving_average = 0.999
    config.networks.name = "dcgan"
    config.networks.generator = ConfigDict({"width": 32, "upsampling": "transposed"})
    config.networks.discriminator = ConfigDict({"width": 32})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 128
    config.epochs = 8
    config.steps_per_execution = 39
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
