"""DCGAN on CIFAR-10 with the paper's settings: three stages, 128 channels in the
largest maps.

Time: a GPU; at a quarter of the width 26 minutes on one busy CPU core.
Score: scenes with shapes like animals or cars; no number.

    tf-gan-train --config=cifar10_dcgan --workdir=runs/cifar10_dcgan

Samples are those of a moving average of G, which the paper has not. 9.1 million parameters;
train it on a GPU. Tried on one busy core of an x86-64 server
CPU at a quarter of the width, with the first 12,000 training images
(--config.data.name=npz --config.data.path=FILE --config.networks.generator.width=32
--config.networks.discriminator.width=32): after 10 epochs colours and blobs, after 37,
3,441 steps in 1,557 s, scenes with shapes that look like animals or cars.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_dcgan"
    config.data.name = "cifar10"
    config.model.latent_dim = 100
    config.model.prior = "uniform"
    config.model.moving_average = 0.999
    config.networks.name = "dcgan"
    config.networks.generator = ConfigDict({"width": 128, "upsampling": "transposed"})
    config.networks.discriminator = ConfigDict({"width": 128})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 128
    config.epochs = 100
    config.steps_per_execution = 10
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
