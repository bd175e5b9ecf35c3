r"""SNGAN on CIFAR-10 without labels, the residual networks and the schedule of the
reproduction mimicry.

Time: one GPU, about 10 hours, as published.
Score: not trained to its end here, first steps in docs/scores.md; published: FID 16.77.

    tf-gan-train --config=cifar10_sngan --workdir=runs/cifar10_sngan

Miyato et al., Spectral Normalization for Generative Adversarial Networks (2018),
https://arxiv.org/abs/1802.05957, with the settings of mimicry (Lee and Town, 2020,
https://arxiv.org/abs/2005.02494): 100,000 steps of G and 500,000 of D on 64 images
each, the learning rate falls to 0 from the start, no moving average, no flips.
Published for them: FID 16.77, Inception Score 7.97, 50,000 samples against the 50,000
training images. The paper's own protocol, 5,000 samples against 10,000 test images,
gives 21.7 +- 0.21, and 23.90 +- 0.20 for mimicry's networks; there the images have
noise of 1/128, and G's batches 128 images beside D's 64, which is
--config.objective.generator_batch_factor=2. Not trained here.

Smaller arms by fields alone: --config.networks.generator.width=64
--config.networks.discriminator.width=32 for a quarter of the width,
--config.networks.discriminator.spectral_normalization=False for D without it,
--config.data.split=train[:12000] for fewer images; a run on them has as many epochs,
and the learning rate falls with these.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_sngan"
    config.data.name = "cifar10"
    config.model.latent_dim = 128
    config.model.moving_average = 0.0
    config.networks.name = "sngan"
    config.networks.generator = ConfigDict({"width": 256})
    config.networks.discriminator = ConfigDict({"width": 128, "spectral_normalization": True})
    config.objective.loss = "hinge"
    config.objective.penalties = ""
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
