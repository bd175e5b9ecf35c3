"""A deep belief network of two layers of 500 units on MNIST (Hinton, Osindero and Teh,
2006), trained greedily by persistent contrastive divergence.

Time: not measured.
Score: no number yet.

    tf-gan-train --config=mnist_dbn --workdir=runs/mnist_dbn

The row "DBN" of table 1 of the 2014 paper; the sizes and the rate are ours. The first
layer is trained for 10 epochs, then the second for 10. Samples come after 200 Gibbs
steps of the upper machine from random bits.
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
    config.optimizer.name = "sgd"
    config.optimizer.generator_learning_rate = 0.05
    config.optimizer.layer_epochs = 10
    config.epochs = 20
    config.networks.discriminator = ConfigDict()
    config.networks.pixel_means = True
    config.batch_size = 100
    config.steps_per_execution = 50
    config.sample_every = 5
    config.checkpoint_every = 5
    return config
