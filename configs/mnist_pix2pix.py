r"""Pix2pix on MNIST (Isola et al., 2017, https://arxiv.org/abs/1611.07004): digits from
their outlines.

Time: 14 minutes on two busy CPU cores.
Score: mean difference 0.0164, PSNR 27.76 dB.

    tf-gan-train --config=mnist_pix2pix --workdir=runs/mnist_pix2pix
    tf-gan-sample --workdir=runs/mnist_pix2pix --kind=translations \
        --output=translations.png
    tf-gan-evaluate --workdir=runs/mnist_pix2pix --metrics=translation_error,frechet

The paper's loss on small networks: a U-Net with two halvings and instance
normalisation, a discriminator of patches of 34x34 pixels. Without a download, on
scikit-learn's digits enlarged to 32x32: --config.data.name=digits_outlines
--config.epochs=60.

5 epochs, 840 s on two busy cores of an x86-64 server CPU. On the 10,000 test pairs the
translations differ from the digits by 0.0164 on average (images in [0, 1]), with a PSNR
of 27.76 dB and an SSIM of 0.963.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_pix2pix"
    config.data.name = "mnist_outlines"
    config.model.name = "pix2pix"
    config.model.moving_average = 0.99
    config.model.arguments = ConfigDict({"l1_weight": 100.0})
    config.networks.name = "pix2pix"
    config.networks.generator = ConfigDict(
        {"width": 16, "dropout": 0.0, "normalization": "instance"}
    )
    config.networks.discriminator = ConfigDict(
        {"width": 16, "stages": 2, "normalization": "instance"}
    )
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 64
    config.epochs = 5
    config.steps_per_execution = 10
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
