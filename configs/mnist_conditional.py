"""The conditional GAN paper's MNIST run (Mirza and Osindero, 2014,
https://arxiv.org/abs/1411.1784, section 4.1).

Time: 54 minutes on one busy CPU core.
Score: Frechet 107.9, Parzen -41.9 +- 1.3 nats; published 132 +- 1.8.

Label and latents are joined after one layer each; maxout D; dropout of 0.5 in both
networks; uniform noise in [0, 1]; momentum descent, batch 100, rate 0.1 divided by
1.00004 after each update. The paper's Table 1 has a Parzen log-likelihood of 132 +-
1.8, and its authors call the run a proof of concept. It stops at the best validation
value; this config has a fixed number of epochs.

    tf-gan-train --config=mnist_conditional --workdir=runs/mnist_conditional
    tf-gan-sample --workdir=runs/mnist_conditional --kind=classes

100 epochs, 50,000 steps, 3,213 s of one core of an x86-64 server CPU. The averaged
generator, 10,000 samples, seed 0: Parzen -41.9 +- 1.3 nats (trained -43.2), Frechet
distance of the classifier's features 107.9, precision 0.983, recall 0: each class has one
digit, whatever the latents. After 22 epochs of an earlier run Parzen was -27.4 and the
Frechet distance 82.4, so longer training does not help. Nor do simultaneous updates, biases
from the pixel means, ten times larger first weights, and D at half the rate, tried for 4 to
10 epochs: the latents are ignored from the first epochs on. Without dropout in G the losses
became NaN after 1,982 steps.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_conditional"
    config.data.name = "mnist"
    config.data.split = "train[:50000]"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "conditional_gan"
    config.model.latent_dim = 100 + 2400  # Those of the paper, and the masks of dropout.
    config.model.prior = "uniform"
    config.model.prior_range = (0.0, 1.0)
    config.model.moving_average = 0.999  # For comparison: it does not touch the training.
    config.networks.name = "conditional_maxout"
    config.networks.generator = ConfigDict({"units": (200, 1000, 1200), "dropout": 0.5})
    config.networks.generator.dropout_latents = True
    config.networks.discriminator = ConfigDict({"units": (240, 50, 240), "dropout": 0.5})
    config.objective.penalties = ""
    config.optimizer.name = "sgd_2014"
    config.optimizer.decay_factor = 1.00004
    config.optimizer.generator_learning_rate = 0.1
    config.optimizer.discriminator_learning_rate = 0.1
    config.batch_size = 100
    config.epochs = 100
    config.steps_per_execution = 50
    config.sample_every = 10
    config.checkpoint_every = 5
    return config
