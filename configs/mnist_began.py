r"""BEGAN on MNIST (Berthelot et al., 2017, https://arxiv.org/abs/1703.10717), with 16
filters instead of 128.

Time: 25 minutes on one busy CPU core.
Score: Frechet 429: most samples are ones.

    tf-gan-train --config=mnist_began --workdir=runs/mnist_began
    tf-gan-sample --workdir=runs/mnist_began --kind=reconstructions \
        --output=reconstructions.png

The paper has no run on MNIST. With one rate for both networks the error of D on digits
falls faster than that on G's images: k stays at 0 and all samples are the same picture
(seen at 1e-3 and 4e-4). So G has four times the rate of D, and k moves five times as
fast as in the paper.

3 epochs, 11,250 steps, 1,460 s on one busy core of an x86-64 server CPU: k is 0.15, M
falls from 0.16 to 0.062, L(G(z)) = 0.72 L(x). Digits that are easier to reconstruct
than real ones satisfy that: the samples are smooth, most of them ones, some sevens and
nines; `docs/began.md` shows why, and that gamma 1 halves the share of ones. 10,000 of
them, seed 0: Frechet distance of the classifier's features 429, Parzen -32 +- 3 nats,
precision 0.804, recall 0.079.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "mnist_began"
    config.data.name = "mnist"
    config.model.name = "began"
    config.model.latent_dim = 64
    config.model.prior = "uniform"
    config.model.moving_average = 0.999
    config.model.arguments = ConfigDict(
        {
            "gamma": 0.75,
            "lambda_k": 0.005,
            "patience": 4000,
            "smallest_rate": 5e-5,
            "data_range": (-1.0, 1.0),
        }
    )
    config.networks.name = "began"
    config.networks.generator = ConfigDict({"filters": 16})
    config.networks.discriminator = ConfigDict({"filters": 16})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 4e-4
    config.optimizer.discriminator_learning_rate = 1e-4
    config.batch_size = 16
    config.epochs = 3
    config.steps_per_execution = 50
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
