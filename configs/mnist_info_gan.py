"""InfoGAN on MNIST (Chen et al., 2016, https://arxiv.org/abs/1606.03657), with half the
filters and a quarter of the units.

Time: 43 minutes on busy CPU cores.
Score: Frechet 2.44, Parzen 231.2 +- 2.2 nats, 89.4 % one digit a category.

    tf-gan-train --config=mnist_info_gan --workdir=runs/mnist_info_gan
    tf-gan-sample --workdir=runs/mnist_info_gan --kind=codes --output=codes.png

Samples are those of a moving average of G, which the paper has not. 62 numbers of
noise, one code of ten categories, two continuous ones; the rates, the batch and
somewhat more updates (6,552 for 5,000) than those of the authors' run. The paper's
networks: --config.networks.generator.filters='(128, 64)'
--config.networks.generator.units=1024 --config.networks.discriminator.filters='(64,
128)' --config.networks.discriminator.units=1024.

14 epochs, 6,552 steps, 2,604 s on busy cores of an x86-64 server CPU. Eight of the ten
categories make one digit each, two of them share 4 and 9; a classifier assigns 89.4% of
10,000 samples to the digit of their category. The continuous codes turn the digits and
change their weight. Frechet distance of the classifier's features 2.44 (real training
images 0.88), Parzen 231.2 +- 2.2 nats (242.7), precision 0.857 (0.862), recall 0.679
(0.877).
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_info_gan"
    config.data.name = "mnist"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "info_gan"
    config.model.latent_dim = 74
    config.model.prior = "uniform"  # Of the noise.
    config.model.moving_average = 0.99
    config.model.arguments = ConfigDict({"categorical": (10,), "continuous": 2})
    config.networks.name = "info_gan"
    config.networks.generator = ConfigDict({"filters": (64, 32), "units": 256})
    config.networks.discriminator = ConfigDict({"filters": (32, 64), "units": 256, "code_dim": 12})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 128
    config.epochs = 14
    config.steps_per_execution = 50
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
