"""The conditional GAN of golbin/TensorFlow-Tutorials (`09 - GAN`) on MNIST: networks of
one hidden layer, one-hot labels, Adam at 1e-3, batch 100.

Time: 12 minutes on two busy CPU cores.
Score: Frechet 10.5, Parzen 167.7 +- 1.7 nats, 98.5 % as requested.

    tf-gan-train --config=mnist_conditional_tf1 --workdir=runs/mnist_conditional_tf1

100 epochs. There D and G see the same noise in turn; here G's is fresh (algorithm 1).
707 s on two busy cores of an x86-64 server CPU. 10,000 samples, seed 0: Parzen 167.7 +-
1.7 nats, Frechet distance of the classifier's features 10.5; a classifier assigns 98.5%
of the samples to the requested label.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_conditional_tf1"
    config.data.name = "mnist"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "conditional_gan"
    config.model.latent_dim = 128
    config.model.prior = "uniform"
    config.model.moving_average = 0.0
    config.networks.name = "conditional_one_hot"
    config.networks.generator = ConfigDict({"units": 256})
    config.networks.discriminator = ConfigDict({"units": 256})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.discriminator_learning_rate = 1e-3
    config.optimizer.beta_1 = 0.9
    config.batch_size = 100
    config.epochs = 100
    config.steps_per_execution = 50
    config.sample_every = 10
    config.checkpoint_every = 10
    return config
