r"""The second stage of the 2014 paper's run on faces, as `tfd_pretrain/train.yaml` in
goodfeli/adversarial has it, an eighth as wide.

Time: 3 minutes of one CPU core for 1,320 of 22,000 updates.
Score: Parzen 1126 +- 33 nats on 50 ORL faces; published 2057 +- 26 on TFD.

    tf-gan-train --config=faces_paper --config.data.path=DIR \
        --init_from=runs/faces_pretrain --workdir=runs/faces_paper

Two new layers, ReLU and 100 sigmoid units, stand below the generator of the first stage
(`configs/faces_paper_pretrain.py`), whose latents they make; D is a new one. The original
trains for 22 epochs of about 100,000 faces.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "faces_paper"
    config.init_networks = "generator"
    config.data.name = "image_folder"
    config.data.channels = 1
    config.data.image_size = 48
    config.data.value_range = (0.0, 1.0)
    config.model.latent_dim = 100
    config.model.moving_average = 0.0
    config.networks.name = "maxout_mlp"
    config.networks.generator = ConfigDict(
        {
            "units": (1000, 100, 1000, 1000),
            "hidden_activations": ("relu", "sigmoid", "relu", "sigmoid"),
            "hidden_biases": (0.0, 0.0, 0.0, -2.0),
            "sparse_output": 100,
            "max_norm": 1.9365,
        }
    )
    config.networks.discriminator = ConfigDict({"units": 300, "max_norm": 1.9365})
    config.networks.pixel_means = True
    config.objective.penalties = ""
    config.objective.updates = "simultaneous"
    config.optimizer.name = "sgd_2014"
    config.optimizer.generator_learning_rate = 0.05
    config.optimizer.discriminator_learning_rate = 0.025
    config.batch_size = 100
    config.epochs = 1300
    config.steps_per_execution = 3
    config.sample_every = 250
    config.checkpoint_every = 250
    return config
