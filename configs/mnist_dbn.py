"""A deep belief network of two layers of 500 units on MNIST (Hinton, Osindero and Teh,
2006), trained greedily by persistent contrastive divergence.

Time: 130 CPU seconds of an x86-64 server core.
Score: Parzen 232 +- 2 nats, but blurred: recall 0.037; published 138 +- 2.

    tf-gan-train --config=mnist_dbn --workdir=runs/mnist_dbn

The row "DBN" of table 1 of the 2014 paper; sizes and rates are ours. The first layer is
trained for 5 epochs, then the second for 5, each with a rate that falls to a fortieth.
Samples come after 200 Gibbs steps of the upper machine from random bits.

10 epochs, 5,000 steps, 256 s on a busy core. 10,000 samples, seed 0: Parzen 232.1 +- 1.8
nats, sigma 0.167; Frechet distance of the classifier's features 171, precision 0.991,
recall 0.037, sharpness 0.22.

The fall of the rate matters. After 10 and 10 epochs at a constant 0.05 the likelihood
fell with the length of the chains: 8, -58 and -141 nats after 20, 200 and 1,500 steps
(2,000 samples, on 500 training images that no run sees). Four more epochs, with a
rate that fell to a third in each, gave 141 and 169 nats after 50 and 200 steps (1,000
samples): chains that last over the training see weights that move, and a constant rate
keeps them moving.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_dbn"
    config.data.name = "mnist"
    config.data.split = "train[:50000]"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "dbn"
    config.model.latent_dim = 500
    config.model.arguments = ConfigDict({"persistent_chains": 100, "chain_steps": 200})
    config.networks.name = "tied_mlp"
    config.networks.generator = ConfigDict({"units": (500,)})
    config.optimizer.name = "sgd_2014"
    config.optimizer.generator_learning_rate = 0.05
    config.optimizer.decay_factor = 1.0015
    config.optimizer.layer_epochs = 5
    config.epochs = 10
    config.networks.discriminator = ConfigDict()
    config.networks.pixel_means = True
    config.batch_size = 100
    config.steps_per_execution = 50
    config.sample_every = 5
    config.checkpoint_every = 5
    return config
