r"""StyleGAN2 on a folder of pictures at 64x64, small enough for two CPU cores.

Time: 3 hours of one CPU core, by its first 3,800 of 25,000 steps of grey pictures.
Score: 400 faces after 24 CPU minutes, 50,400 images: KID .089; docs/styles.md.

    tf-gan-train --config=image_folder_stylegan2 --config.data.path=DIR \
        --workdir=runs/mine

Karras et al., Analyzing and Improving the Image Quality of StyleGAN (2020),
https://arxiv.org/abs/1912.04958, with few channels, a mapping of two layers, and
DiffAugment (Zhao et al., 2020, https://arxiv.org/abs/2006.10738): ADA's controller needs
some 100,000 images before it does anything. On a GPU take
--config.networks.generator.base_width=16384 --config.networks.generator.max_width=512,
the same for the discriminator, and --config.objective.augment=ada.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder_stylegan2"
    config.data.name = "image_folder"
    config.data.image_size = 64
    config.data.mirror = True
    config.model.name = "stylegan2"
    config.model.latent_dim = 64
    config.model.half_life = 5.0
    config.networks.name = "stylegan2"
    width = {"base_width": 512, "max_width": 64}
    config.networks.generator = ConfigDict(width | {"style_dim": 128, "mapping_layers": 2})
    config.networks.discriminator = ConfigDict(width)
    config.objective.penalties = "r1"
    config.objective.penalty_weight = 1.0
    config.objective.penalty_interval = 16
    config.objective.augment = "color,translation"
    config.optimizer.generator_learning_rate = 2e-3
    config.optimizer.discriminator_learning_rate = 2e-3
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.batch_size = 16
    config.length = 400.0
    config.steps_per_execution = 1
    config.samples = 64
    config.sample_every = 50
    config.sample_minutes = 5.0
    config.checkpoint_every = 50
    return config
