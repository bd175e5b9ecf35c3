"""The PyTorch-GAN MLP on a folder of pictures, at 32x32, with R1 for folders that are
small.

Time: 105 s on two busy CPU cores, 400 faces.
Score: noisy faces; no number.

    tf-gan-train --config=image_folder --config.data.path=DIR --workdir=runs/mine

Other settings: --config.data.image_size, --config.data.channels (1 for grey),
--config.data.labels (whether sub-folders are classes, for
--config.model.name=conditional_gan --config.networks.name=conditional_mlp). On the 400
grey pictures of the ORL faces, 500 epochs took 105 s on two cores of a busy x86-64 server
CPU; the samples are noisy faces of different people.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder"
    config.data.name = "image_folder"
    config.data.image_size = 32
    config.data.channels = 3
    config.model.latent_dim = 100
    config.model.moving_average = 0.99
    config.networks.name = "mlp"
    config.networks.generator = ConfigDict({"units": (128, 256, 512, 1024)})
    config.networks.discriminator = ConfigDict({"units": (512, 256)})
    config.objective.penalties = "r1"
    config.objective.penalty_weight = 0.1
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 32
    config.epochs = 500
    config.steps_per_execution = 10
    config.sample_every = 50
    config.checkpoint_every = 50
    return config
