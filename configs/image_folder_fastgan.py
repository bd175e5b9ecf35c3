r"""A network like FastGAN's on a folder of pictures at 64x64: no gradient penalty, a
discriminator that rebuilds the images (Liu et al., 2021,
https://arxiv.org/abs/2101.04775).

Time: 12 minutes of one CPU core, 8 wide, 400 faces.
Score: sharp faces of few kinds; docs/own_pictures.md has numbers.

    tf-gan-train --config=image_folder_fastgan --config.data.path=DIR \
        --workdir=runs/mine

Other sizes, --config.data.image_size: 16 to 256, from 4 to 7 after halvings. On a CPU
take a smaller --config.networks.generator.width and
--config.networks.discriminator.width, such as 8. The paper trained 400,000 images of
256x256 in batches of 8, on sets of 100 to 400 pictures.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder_fastgan"
    config.data.name = "image_folder"
    config.data.image_size = 64
    config.data.mirror = True
    config.model.name = "fastgan"
    config.model.latent_dim = 256
    config.model.moving_average = 0.999
    config.networks.name = "fastgan"
    config.networks.generator = ConfigDict({"width": 64})
    config.networks.discriminator = ConfigDict({"width": 64})
    config.objective.loss = "hinge"
    config.objective.penalties = ""
    config.objective.augment = "color,translation"
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 8
    config.length = 400.0
    config.steps_per_execution = 1
    config.samples = 64
    config.sample_every = 50
    config.sample_minutes = 5.0
    config.checkpoint_every = 50
    return config
