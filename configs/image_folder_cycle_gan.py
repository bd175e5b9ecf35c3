r"""CycleGAN with the paper's settings (Zhu et al., 2017,
https://arxiv.org/abs/1703.10593) on your own pictures of two domains, at 256x256.

Time: a GPU; at 64x64 15 minutes on one busy CPU core for 35 of 200 epochs.
Score: faces with plausible light; cycle loss 0.22.

    tf-gan-train --config=image_folder_cycle_gan --config.data.path=DIR \
        --workdir=runs/domains
    tf-gan-sample --workdir=runs/domains --kind=translations \
        --output=translations.png
    tf-gan-export --workdir=runs/domains --format=saved_model

DIR holds two folders, A and B (or trainA and trainB, testA and testB), with pictures of
any number and name. The learning rates are constant for 100 epochs and fall to 0 in the
next 100. For paintings the paper adds --config.model.arguments.identity_weight=5.0. For
128x128 it has 6 blocks: --config.data.image_size=128
--config.networks.generator.blocks=6.

Tried on faces and outlines without pairs: outlines of 180 photographs, 180 other
photographs (the ORL faces), 64x64, --config.data.channels=1 --config.data.jitter=8,
widths 16 and 6 blocks: 35 of 200 epochs, 6,300 steps, 892 s on one busy core of an
x86-64 server CPU. Faces with plausible light and shade, still with a pattern of dots;
cycle loss 0.22.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder_cycle_gan"
    config.data.name = "image_pairs"
    config.data.paired = False
    config.data.image_size = 256
    config.data.channels = 3
    config.data.jitter = 30
    config.data.mirror = True
    config.model.name = "cycle_gan"
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict(
        {"cycle_weight": 10.0, "identity_weight": 0.0, "history_size": 50}
    )
    config.networks.name = "cycle_gan"
    config.networks.generator = ConfigDict({"width": 64, "blocks": 9})
    config.networks.discriminator = ConfigDict({"width": 64, "stages": 3})
    config.objective.loss = "least_squares"
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.decay = "linear"
    config.optimizer.decay_epochs = (100, 200)
    config.batch_size = 1
    config.epochs = 200
    config.steps_per_execution = 1
    config.sample_every = 5
    config.samples = 16
    config.checkpoint_every = 5
    return config
