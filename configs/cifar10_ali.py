r"""ALI on CIFAR-10 (Dumoulin et al., 2016, https://arxiv.org/abs/1606.00704), with the
networks and settings of the paper's table.

Time: a GPU; 1.5 s a step on one busy CPU core.
Score: tried for 5 of 6,475 epochs only: blobs.

    tf-gan-train --config=cifar10_ali --workdir=runs/cifar10_ali
    tf-gan-sample --workdir=runs/cifar10_ali --kind=reconstructions \
        --output=reconstructions.png

The table prints 6,475 epochs; train it on a GPU. Tried on one busy core of an x86-64
server CPU with 12,000 images: 5 epochs, 600 steps, 905 s: every sample is one blob, of
varying colour and brightness. 1.5 s a step.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_ali"
    config.data.name = "cifar10"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "bigan"
    config.model.latent_dim = 64
    config.model.moving_average = 0.0
    config.networks.name = "ali_conv"
    config.networks.pixel_means = True
    config.networks.generator = ConfigDict({"filters": (256, 128, 64, 32, 32, 32)})
    config.networks.discriminator = ConfigDict({"filters": (32, 64, 128, 256, 512), "units": 512})
    config.networks.encoder = ConfigDict({"filters": (32, 64, 128, 256, 512), "units": 512})
    config.objective.penalties = ""
    config.objective.updates = "simultaneous"
    config.optimizer.generator_learning_rate = 1e-4
    config.optimizer.discriminator_learning_rate = 1e-4
    config.batch_size = 100
    config.epochs = 6475
    config.steps_per_execution = 50
    config.sample_every = 25
    config.checkpoint_every = 5
    return config
