"""The vanilla GAN of golbin/TensorFlow-Tutorials (`09 - GAN`) on MNIST: networks of one
hidden layer, Adam at 2e-4, batch 100.

Time: 8 minutes on one busy CPU core.
Score: Frechet 135, Parzen 128.9 +- 1.4 nats.

    tf-gan-train --config=mnist_tf1 --workdir=runs/mnist_tf1

100 epochs, 450 s on one busy core of an x86-64 server CPU. There D and G see the same
noise in turn; here G's is fresh (algorithm 1). 10,000 samples, seed 0: Parzen 128.9 +-
1.4 nats, Frechet distance of the classifier's features 135, precision 0.828, recall
0.381, sharpness 1.20.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_tf1"
    config.data.name = "mnist"
    config.data.value_range = (0.0, 1.0)
    config.model.latent_dim = 128
    config.model.moving_average = 0.0
    config.networks.name = "one_hidden_mlp"
    config.networks.generator = ConfigDict({"units": 256})
    config.networks.discriminator = ConfigDict({"units": 256})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.optimizer.beta_1 = 0.9
    config.batch_size = 100
    config.epochs = 100
    config.steps_per_execution = 50
    config.sample_every = 10
    config.checkpoint_every = 10
    return config
