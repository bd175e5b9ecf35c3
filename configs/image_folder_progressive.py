r"""Progressive growing on a folder of pictures at 64x64, in five stages from 4x4 on
(Karras et al., 2018, https://arxiv.org/abs/1710.10196), small enough for two CPU cores.

Time: 20 minutes of one CPU core at 32x32 and a fourth of the steps of a stage.
Score: 400 faces at 32x32: KID .038; docs/gallery.md.

    tf-gan-train --config=image_folder_progressive --config.data.path=DIR \
        --workdir=runs/progressive

A stage is blended in over 32,000 images and trained with 32,000 more, 2,000 steps each,
where the paper has 800,000: for another pace
--config.model.arguments.fade_steps and --config.model.arguments.stable_steps. Other
sizes, --config.data.image_size: multiples of a power of 2. The paper's networks are 16
times as wide. A run that starts from another one, with --init_from, grows anew; both
numbers at 1 leave that out.

The loss and the penalty are those with which StyleGAN grows (Karras et al., 2019,
https://arxiv.org/abs/1812.04948): non-saturating, R1. The paper's, WGAN-GP,
--config.objective.loss=wasserstein --config.objective.penalties=wgan_gp
--config.objective.penalty_weight=10 --config.model.arguments.drift_weight=1e-3
--config.optimizer.generator_learning_rate=3e-4, learns more slowly in networks as narrow as
these: 400 faces at 16x16, without growing, have eyes and mouths after 1,050 steps with the
former and stains after 2,016 with the latter. At the paper's rate of 1e-3 for both networks
its images became alike. A faster pace needs a faster average: with
--config.model.arguments.fade_steps=500 --config.model.arguments.stable_steps=500 take
--config.model.moving_average=0.99, or samples keep the random weights that a stage begins
with.

400 faces (the ORL faces) at 32x32, grey, with that pace: 89,200 images, 20.1 minutes of one
core of an x86-64 server CPU: KID .038 +- .025, precision .96 +- .03, recall .64 +- .07,
sharpness 0.90, nearest-neighbour ratio 1.68 +- .09.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder_progressive"
    config.data.name = "image_folder"
    config.data.image_size = 64
    config.data.mirror = True
    config.model.name = "progressive_gan"
    config.model.latent_dim = 128
    config.model.moving_average = 0.999
    config.model.arguments = ConfigDict(
        {"fade_steps": 2000, "stable_steps": 2000, "drift_weight": 0.0}
    )
    config.networks.name = "progressive"
    config.networks.generator = ConfigDict({"width": 32})
    config.networks.discriminator = ConfigDict({"width": 32, "group_size": 4})
    config.objective.penalties = "r1"
    config.objective.penalty_weight = 1.0
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.discriminator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.99
    config.batch_size = 16
    config.length = 352.0  # Nine phases of 32,000 images, and two more of the last stage.
    config.steps_per_execution = 10
    config.samples = 64
    config.sample_every = 50
    config.sample_minutes = 5.0
    config.checkpoint_every = 50
    return config
