"""The PyTorch-GAN MLP on Fashion-MNIST, otherwise as `mnist.py`.

Time: 9 minutes on one busy CPU core for 21 of 50 epochs.
Score: Parzen 356.0 +- 1.9 nats, sharpness 0.60.

    tf-gan-train --config=fashion_mnist --workdir=runs/fashion_mnist

Cut short after 21 of 50 epochs, 19,677 steps, 553 s on one busy core of an x86-64
server CPU: clothes and shoes of most kinds, with grain. 10,000 samples, seed 0: Parzen
356.0 +- 1.9 nats, sharpness 0.60.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "fashion_mnist"
    config.data.name = "fashion_mnist"
    config.model.latent_dim = 100
    config.model.moving_average = 0.999
    config.networks.name = "mlp"
    config.networks.generator = ConfigDict({"units": (128, 256, 512, 1024)})
    config.networks.discriminator = ConfigDict({"units": (512, 256)})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.epochs = 50
    config.steps_per_execution = 50
    config.sample_every = 5
    config.checkpoint_every = 5
    return config
