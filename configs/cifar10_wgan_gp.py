r"""WGAN-GP on CIFAR-10 without labels, the paper's residual networks: what SNGAN is
compared with.

Time: a GPU; not measured.
Score: not trained here; published: Inception Score 7.86, FID 22.29 to 53.98.

    tf-gan-train --config=cifar10_wgan_gp --workdir=runs/cifar10_wgan_gp

Gulrajani et al., Improved Training of Wasserstein GANs (2017),
https://arxiv.org/abs/1704.00028, appendix F: Inception Score 7.86 +- 0.07. The same
method has FID 22.29 in one library and 53.98 in another (50,000 samples against the
50,000 training images): a control that should lose, not a target. 100,000 steps of G,
five of D for each; there G's batches have 128 images, and the images noise of 1/128.
Not trained here.

Smaller arms by fields alone: --config.networks.generator.width=32
--config.networks.discriminator.width=32, --config.data.split=train[:12000].
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_wgan_gp"
    config.data.name = "cifar10"
    config.model.latent_dim = 128
    config.model.moving_average = 0.0
    config.networks.name = "wgan_gp_resnet"
    config.networks.generator = ConfigDict({"width": 128})
    config.networks.discriminator = ConfigDict({"width": 128})
    config.objective.loss = "wasserstein"
    config.objective.penalties = "wgan_gp"
    config.objective.penalty_weight = 10.0
    config.objective.discriminator_steps = 5
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.beta_1 = 0.0
    config.optimizer.beta_2 = 0.9
    config.optimizer.decay = "linear"
    config.optimizer.decay_epochs = (0, 641)
    config.batch_size = 64
    config.epochs = 641
    config.steps_per_execution = 10
    config.sample_every = 10
    config.checkpoint_every = 10
    return config
