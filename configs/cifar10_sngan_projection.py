r"""SNGAN with a projection discriminator on CIFAR-10 with labels, the schedule of the
reproduction mimicry.

Time: one GPU, about 10 hours, as published.
Score: not trained to its end here, first steps in docs/scores.md; published: FID 10.84.

    tf-gan-train --config=cifar10_sngan_projection \
        --workdir=runs/cifar10_sngan_projection

Miyato and Koyama, cGANs with Projection Discriminator (2018),
https://arxiv.org/abs/1802.05637, with the settings of mimicry (Lee and Town, 2020,
https://arxiv.org/abs/2005.02494), which are those of `cifar10_sngan`. Published for
them: FID 10.84, Inception Score 8.25, 50,000 samples against the 50,000 training
images. The paper's own protocol, 5,000 samples against 10,000 test images, gives 17.5.
Not trained here. Published runs without spectral normalisation collapsed: from FID 34
after 18,000 steps of G to 149.

Smaller arms by fields alone: --config.networks.generator.width=64
--config.networks.discriminator.width=32 for a quarter of the width,
--config.networks.discriminator.spectral_normalization=False for D without it,
--config.data.split=train[:12000] for fewer images; a run on them has as many epochs,
and the learning rate falls with these.
"""

from tf_gan.runs import config_file


def get_config():
    config = config_file.load("cifar10_sngan")
    config.name = "cifar10_sngan_projection"
    config.data.labels = True
    config.model.name = "conditional_gan"
    return config
