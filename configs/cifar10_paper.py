"""The 2014 paper's fully connected CIFAR-10 run, as `cifar10_fully_connected.yaml` in
goodfeli/adversarial has it.

Time: a GPU.
Score: not trained yet.

    tf-gan-train --config=cifar10_paper --workdir=runs/cifar10_paper

Images are contrast-normalised (mean 0, norm 55). 127 million parameters: train it on a
GPU. The paper prints samples and no number; it has no stopping rule. The momentum rises
from 0.5 to 0.7 in 250 epochs, so these 100 end at 0.58. Not trained yet.

Tried on 12,000 images with 2,000 units in each hidden layer of G, and 240 to 800 in D,
for 2,900 to 3,900 steps on one CPU core: D wins (D(x) 0.997, D(G(z)) 0.005), and
samples are noise. A rate of D of 2.5e-3, first weights that keep the signals of the
full width, and an output_range of 0.05 do not change that in as many steps: an update
moves G's outputs in proportion to the width of the layer before them, so a narrow G
needs a larger rate. With 1,000 units in G, 200 in D, a rate of G of 0.2 and an
output_range of 0.05 samples are smooth after 1,200 steps, but nearly all alike, and
after 3,100 still (D(x) 0.95, D(G(z)) 0.06). With a weight_range of 0.14, an
output_range of 0.01 and a rate of 0.1 they are one coloured scene, then another, in
2,300 steps. At full width 120 steps on a busy core leave noise.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "cifar10_paper"
    config.data.name = "cifar10"
    config.data.split = "train[:40000]"
    config.data.contrast_normalization = 55.0
    config.model.latent_dim = 100
    config.model.moving_average = 0.0
    config.networks.name = "maxout_mlp"
    config.networks.generator = ConfigDict(
        {
            "units": (8000, 8000),
            "hidden_activations": ("relu", "sigmoid"),
            "activation": "linear",
            "output_range": 0.5,
        }
    )
    config.networks.discriminator = ConfigDict({"units": 1600})
    config.objective.penalties = ""
    config.objective.updates = "simultaneous"
    config.optimizer.name = "sgd_2014"
    config.optimizer.generator_learning_rate = 0.025
    config.optimizer.discriminator_learning_rate = 0.0125
    config.batch_size = 100
    config.epochs = 100
    config.steps_per_execution = 1
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
