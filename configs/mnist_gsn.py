r"""A deep generative stochastic network of two hidden layers of 500 units on MNIST
(Bengio et al., 2014).

Time: 5 minutes of one CPU core with AVX-512.
Score: Parzen 234 +- 2 nats, but blurred: recall 0.020; published 214 +- 1.1.

    tf-gan-train --config=mnist_gsn --workdir=runs/mnist_gsn

The row "Deep GSN" of table 1 of the 2014 paper. The noise is that of yaoli/GSN: salt
and pepper on 0.4 of the pixels, Gaussian noise of deviation 2 before and after the tanh
of the second hidden layer, 4 steps of walk-back. There the layers have 1500 units, and
descent with momentum runs for 1000 epochs; here they have 500, and Adam runs for 20:

    tf-gan-train --config=mnist_gsn --workdir=runs/mnist_gsn_1500 \
        --config.model.latent_dim=1500 '--config.model.arguments.upper_units=(1500,)' \
        --config.epochs=1000

20 epochs, 10,000 steps, 293 s of one core of an x86-64 server CPU with AVX-512: 10,000
samples, seed 0, Parzen 234.1 +- 1.9 nats, sigma 0.167; Frechet distance of the classifier's
features 170, precision 0.997, recall 0.020, sharpness 0.19. After 8.8 epochs of an earlier run
224.3, 209, 0.997, 0.005 and 0.15.
The readout is the mean of the pixels: it is smooth, and Parzen windows like that.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_gsn"
    config.data.name = "mnist"
    config.data.split = "train[:50000]"
    config.data.value_range = (0.0, 1.0)
    config.model.name = "gsn"
    config.model.latent_dim = 500
    config.model.arguments = ConfigDict({"upper_units": (500,), "walk_back": 4, "chain_steps": 100})
    config.networks.name = "tied_mlp"
    config.networks.generator = ConfigDict()
    config.epochs = 20
    config.networks.discriminator = ConfigDict()
    config.networks.pixel_means = True
    config.batch_size = 100
    config.steps_per_execution = 50
    config.sample_every = 5
    config.checkpoint_every = 5
    return config
