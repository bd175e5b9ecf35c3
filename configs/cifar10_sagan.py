r"""SAGAN on CIFAR-10 with labels: self-attention at 16x16, spectral normalisation in
both networks.

Time: a GPU; not measured.
Score: not trained here; published: FID 10.35.

    tf-gan-train --config=cifar10_sagan --workdir=runs/cifar10_sagan

Zhang et al., Self-Attention Generative Adversarial Networks (2018),
https://arxiv.org/abs/1805.08318, has 128x128 images alone; for CIFAR-10 these are the
settings of PyTorch-StudioGAN (https://github.com/POSTECH-CVLab/PyTorch-StudioGAN): Adam
with beta_1 0.5, orthogonal initialisation, flips, 100,000 steps of G and 500,000 of D.
Published for them: FID 10.35, 50,000 samples against the 50,000 training images, and
14.0 against the test images. Attention buys nothing at this size: the same without it
has 9.01 and 13.25. Not trained here.

Arms by fields alone: --config.networks.generator.attention=0
--config.networks.discriminator.attention=0 for none, and those of `cifar10_sngan`.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_sagan"
    config.data.name = "cifar10"
    config.data.labels = True
    config.data.mirror = True
    config.model.name = "conditional_gan"
    config.model.latent_dim = 128
    config.model.moving_average = 0.0
    config.networks.name = "sagan"
    config.networks.generator = ConfigDict(
        {"width": 256, "attention": 16, "initializer": "orthogonal", "spectral_normalization": True}
    )
    config.networks.discriminator = ConfigDict(
        {"width": 128, "attention": 16, "initializer": "orthogonal", "spectral_normalization": True}
    )
    config.objective.loss = "hinge"
    config.objective.penalties = ""
    config.objective.discriminator_steps = 5
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.beta_1 = 0.5
    config.optimizer.beta_2 = 0.999
    config.batch_size = 64
    config.epochs = 641
    config.steps_per_execution = 10
    config.sample_every = 10
    config.checkpoint_every = 10
    return config
