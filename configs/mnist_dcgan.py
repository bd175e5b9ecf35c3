"""A DCGAN on MNIST, two stages, with a quarter of the paper's width so that two CPU
cores can train it; an averaged generator.

Time: 11 minutes on two busy CPU cores.
Score: digits, some broken; no number.

    tf-gan-train --config=mnist_dcgan --workdir=runs/mnist_dcgan

8 epochs, 3,744 steps, 652 s on two busy cores of an x86-64 server CPU: digits, some of
them broken.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_dcgan"
    config.data.name = "mnist"
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
