r"""BigGAN on CIFAR-10 with labels, the networks and settings of PyTorch-StudioGAN.

Time: one GPU, about 13 hours, as published.
Score: not trained here; published: FID 4.16.

    tf-gan-train --config=cifar10_biggan --workdir=runs/cifar10_biggan

Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis (2018),
https://arxiv.org/abs/1809.11096; for CIFAR-10 the settings are those of
PyTorch-StudioGAN (https://github.com/POSTECH-CVLab/PyTorch-StudioGAN): 80 latents in
four chunks, 100,000 steps of G and 500,000 of D on 64 images each, a moving average of
0.9999, flips. Published for them: FID 4.16, 50,000 samples against the 50,000 training
images, and 8.03, 10,000 samples against the test images. Not trained here.

The paper's ImageNet at 128x128 is 120 latents, width=1536 and attention=64, batches of
2,048, rates of 5e-5 for G and 2e-4 for D, beta_1 0 and two steps of D; it collapses
late, so --config.keep_best is for it.
--config.networks.generator.orthogonal_weight=5e-5 is the published code's orthogonal
regularization.

Smaller arms by fields alone: --config.networks.generator.width=96
--config.networks.discriminator.width=48 for a quarter of the width, and those of
`cifar10_sagan`.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_biggan"
    config.data.name = "cifar10"
    config.data.labels = True
    config.data.mirror = True
    config.model.name = "conditional_gan"
    config.model.latent_dim = 80
    config.model.moving_average = 0.9999
    config.networks.name = "biggan"
    config.networks.generator = ConfigDict(
        {"width": 384, "attention": 16, "orthogonal_weight": 0.0, "spectral_normalization": True}
    )
    config.networks.discriminator = ConfigDict(
        {"width": 192, "attention": 16, "orthogonal_weight": 0.0, "spectral_normalization": True}
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
