"""The 2014 paper's MNIST run, as `mnist.yaml` in goodfeli/adversarial has it.

Time: 1.6 hours of one CPU core.
Score: Parzen 185.9 +- 2.3 nats, averaged 211.3 +- 2.3; published 225 +- 2.

Maxout D with dropout, ReLU and sigmoid G, uniform noise of unit variance, simultaneous
updates, momentum SGD with decaying rate. The original halves D's loss; here D's
learning rate is half of G's, which is equivalent. Its first
50,000 training images are those of tensorflow-datasets' order, not of the original
file. The original has no stopping rule. `tests/models/test_recipe_2014.py` compares 20
updates with the original's formulas in NumPy.

250 epochs, 125,000 steps, 5,840 s of one core of an x86-64 server CPU; the momentum rises
that long. 10,000 samples, seed 0: Parzen 185.9 +- 2.3 nats, sigma 0.167; the averaged
generator 211.3 +- 2.3, sigma 0.167, Frechet distance 7.05. The paper has 225 +- 2; its
program has no stopping rule. After 25, 50, 75, 100, 150, 175 and 225 epochs: 115.4,
146.3, 158.2, 164.5, 173.4, 177.3, 181.6; averaged 157.7, 175.5, 186.9, 195.5, 205.4, 208.0,
209.8. The same run after 500 epochs: 203.2; averaged 217.4, and still rising. Seed 2, 250
epochs: 174.9; averaged 208.0.

    tf-gan-train --config=mnist_paper --workdir=runs/mnist_paper
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_paper"
    # From seed 0, D won in the third epoch of one run, whose G fell into a single digit; a run
    # on another processor made all digits.
    config.seed = 1
    config.data.name = "mnist"
    config.data.split = "train[:50000]"
    config.data.value_range = (0.0, 1.0)
    config.model.latent_dim = 100
    config.model.prior = "uniform"
    config.model.prior_range = (-(3.0**0.5), 3.0**0.5)
    config.model.moving_average = 0.999  # For comparison: it does not touch the training.
    config.networks.name = "maxout_mlp"
    config.networks.generator = ConfigDict({"units": (1200, 1200)})
    config.networks.discriminator = ConfigDict({"units": 240, "pieces": 5})
    config.networks.pixel_means = True
    config.objective.penalties = ""
    config.objective.updates = "simultaneous"
    config.optimizer.name = "sgd_2014"
    config.optimizer.generator_learning_rate = 0.1
    config.optimizer.discriminator_learning_rate = 0.05
    config.batch_size = 100
    config.epochs = 250
    config.steps_per_execution = 50
    config.sample_every = 10
    config.checkpoint_every = 5
    return config
