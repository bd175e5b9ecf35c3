r"""A folder of your own pictures: size, networks, batch and length follow from the
pictures and the machine.

Time: what --minutes or --config.length says; printed before training.
Score: docs/own_pictures.md has numbers.

    tf-gan-train --data=DIR --workdir=runs/mine

(or --config=own_pictures --config.data.path=DIR) prints what it found and chose, and
why, and trains. `--dry_run` stops before the training. Every choice is a field:
--config.data.image_size=128 takes another size.

On CPUs the model is FastGAN (Liu et al., 2021, https://arxiv.org/abs/2101.04775), 8
channels wide, of more than 1,000 pictures with R1 in every 16th step, of more than 1,000 of
32x32 the DCGAN of configs/cifar10_dcgan.py, 32 wide; of fewer or larger ones with classes
StyleGAN2, as configs/image_folder_stylegan2.py has it. On GPUs the networks are those of
R3GAN: the discriminator compares pairs of a real image and a fake (RpGAN) under R1 and R2
(Huang et al., 2025, https://arxiv.org/abs/2501.05441); --config.networks.name=dcgan takes a
DCGAN with that loss. Up to 30,000 pictures D sees augmented images alone (DiffAugment, Zhao et
al., 2020, https://arxiv.org/abs/2006.10738).
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "own_pictures"
    config.choose = True
    config.data.name = "image_folder"
    config.data.image_size = 64
    config.data.mirror = True
    config.model.latent_dim = 64
    config.model.half_life = 3.0
    config.networks.name = "dcgan"
    config.networks.generator = ConfigDict({"width": 32, "upsampling": "resize"})
    config.networks.discriminator = ConfigDict({"width": 32, "normalization": False})
    config.objective.loss = "relativistic"
    config.objective.penalties = "r1,r2"
    config.objective.penalty_weight = 0.05
    config.objective.augment = "color,translation,cutout"
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.batch_size = 16
    config.length = 150.0
    config.steps_per_execution = 1
    config.samples = 64
    config.sample_every = 50
    config.sample_minutes = 5.0
    config.checkpoint_every = 50
    return config
