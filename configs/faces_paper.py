r"""The second stage of the 2014 paper's run on faces, as `tfd_pretrain/train.yaml` in
goodfeli/adversarial has it, G an eighth and D a quarter as wide.

Time: 3 minutes of one CPU core for 1,320 updates, --config.epochs=440.
Score: Parzen 1126 +- 33 nats on 50 ORL faces; published 2057 +- 26 on TFD.

    tf-gan-train --config=faces_paper --config.data.path=DIR \
        --init_from=runs/faces_pretrain --workdir=runs/faces_paper

Two new layers, ReLU and 100 sigmoid units, stand below the generator of the first stage
(`configs/faces_paper_pretrain.py`), whose latents they make; D is a new one. The original
trains for 22 epochs of about 100,000 faces, 22,000 updates.
"""

from ml_collections import ConfigDict

from tf_gan.runs import config_file


def get_config():
    config = config_file.load("faces_paper_pretrain")
    config.name = "faces_paper"
    config.init_networks = "generator"
    config.networks.generator = ConfigDict(
        {
            "units": (1000, 100, 1000, 1000),
            "hidden_activations": ("relu", "sigmoid", "relu", "sigmoid"),
            "hidden_biases": (0.0, 0.0, 0.0, -2.0),
            "sparse_output": 100,
            "max_norm": 1.9365,
        }
    )
    config.epochs = 1300
    return config
