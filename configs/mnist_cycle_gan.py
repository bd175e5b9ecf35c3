r"""CycleGAN on MNIST (Zhu et al., 2017, https://arxiv.org/abs/1703.10593): digits from
the outlines of other digits, and back.

Time: 40 minutes on shared CPU cores for 3,000 of 5,625 steps.
Score: mean difference 0.0165, PSNR 25.6 dB.

    tf-gan-train --config=mnist_cycle_gan --workdir=runs/mnist_cycle_gan
    tf-gan-sample --workdir=runs/mnist_cycle_gan --kind=translations \
        --output=translations.png
    tf-gan-evaluate --workdir=runs/mnist_cycle_gan \
        --metrics=translation_error,frechet

The outlines are those of one half of the images, the digits are the other half: the
data have no pairs, but the true digits are known, and the metric compares the
translations with them. The paper's losses on small networks. Without a download, on
scikit-learn's digits enlarged to 32x32: --config.data.name=digits_outlines
--config.epochs=100.

Cut short at 3,000 of 5,625 steps, 2,400 s on shared cores of an x86-64 CPU. The
averaged generator, 2,000 test outlines against the digits they are of: mean difference
0.0165 (images in [0, 1]), PSNR 25.6 dB, SSIM 0.966.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_cycle_gan"
    config.data.name = "mnist_outlines"
    config.data.paired = False
    config.model.name = "cycle_gan"
    config.model.moving_average = 0.99
    config.model.arguments = ConfigDict(
        {"cycle_weight": 10.0, "identity_weight": 0.0, "history_size": 50}
    )
    config.networks.name = "cycle_gan"
    config.networks.generator = ConfigDict({"width": 16, "blocks": 3})
    config.networks.discriminator = ConfigDict({"width": 16, "stages": 2})
    config.objective.loss = "least_squares"
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 16
    config.epochs = 3
    config.steps_per_execution = 25
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
