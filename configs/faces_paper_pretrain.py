r"""The first stage of the 2014 paper's run on faces, as `tfd_pretrain/pretrain.yaml` in
goodfeli/adversarial has it, G an eighth and D a quarter as wide.

Time: 6 minutes of one CPU core for 3,000 updates, --config.epochs=1000.
Score: Parzen 1096 +- 41 nats on 50 ORL faces; docs/table_1.md.

    tf-gan-train --config=faces_paper_pretrain --config.data.path=DIR \
        --workdir=runs/faces_pretrain

Grey pictures of 48x48 in [0, 1]. The Toronto Face Database is not openly downloadable:
any folder of faces stands in. The output's bias starts at the log-odds of the training
pixels' means, 100 weights into each pixel in N(0, 1), and no unit's weights get longer
than 1.9365. The original has 8,000 units in place of 1,000, 1,200 in D in place of 300,
and trains for 50 epochs of about 100,000 unlabelled faces, 50,000 updates;
`configs/faces_paper.py` is the second stage.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "faces_paper_pretrain"
    config.data.name = "image_folder"
    config.data.channels = 1
    config.data.image_size = 48
    config.data.value_range = (0.0, 1.0)
    config.model.latent_dim = 100
    config.model.moving_average = 0.0
    config.networks.name = "maxout_mlp"
    config.networks.generator = ConfigDict(
        {
            "units": (1000, 1000),
            "hidden_activations": ("relu", "sigmoid"),
            "hidden_biases": (0.0, -2.0),
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
    config.epochs = 3000
    config.steps_per_execution = 3
    config.sample_every = 250
    config.checkpoint_every = 250
    return config
