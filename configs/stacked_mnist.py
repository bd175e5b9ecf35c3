"""A small R3GAN on StackedMNIST, 32x32: three digits of MNIST as RGB, 1,000 modes (Huang
et al., 2025, https://arxiv.org/abs/2501.05441).

Time: 8 minutes of one CPU core for the first 25,000 images.
Score: 142 modes of 1,000 after that; docs/scores.md.

    tf-gan-train --config=stacked_mnist --workdir=runs/stacked_mnist
    tf-gan-evaluate --workdir=runs/stacked_mnist --metrics=modes --samples=25600

Not trained to its end here. 25,600 images of the test split have 1,000 modes and KL 0.0241
by the same classifier (`pytest -m slow -n 0 -s
tests/evaluation/scores/test_stacked_modes.py`).

The paper's networks have 20.7 million parameters each, see 10 million images in batches
of 512, and find 1,000 modes with KL 0.029. The networks here have 0.32 and 0.31 million,
one block a stage and no groups, and see 200,000 images in batches of 64, with the paper's
schedules cut to that length: gamma from 1 to 0.1, beta_2 from 0.9 to 0.99 over the first
fifth.

With widths of 48, 32, 24 and 12 and batches of 32, 765 steps, 8 minutes of one core: 142
modes, KL 4.51. Other arms of as many minutes, each in a directory of its own: with
--config.objective.loss=non_saturating 34 modes, KL 5.22; with
--config.objective.penalties=r1 55 and 5.39; with both 11 and 5.99.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config

WIDTHS = (64, 48, 32, 16)


def get_config():
    config = default_config()
    config.name = "stacked_mnist"
    config.data.name = "stacked_mnist"
    config.model.latent_dim = 64
    config.model.half_life = 10.0
    config.networks.name = "r3gan"
    for role in ("generator", "discriminator"):
        config.networks[role] = ConfigDict({"widths": WIDTHS, "blocks": 1, "group_width": 0})
    config.objective.loss = "relativistic"
    config.objective.penalties = "r1,r2"
    config.objective.penalty_weight = 1.0
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.9
    config.schedule.images = 40.0
    config.schedule.penalty_weight = 0.1
    config.schedule.beta_2 = 0.99
    config.schedule.half_life = True
    config.batch_size = 64
    config.epochs = 4
    config.steps_per_execution = 1
    config.samples = 64
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
