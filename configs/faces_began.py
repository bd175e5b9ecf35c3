r"""BEGAN with the paper's settings (Berthelot et al., 2017,
https://arxiv.org/abs/1703.10717) on a folder of faces, at 32x32.

Time: 16 minutes on one CPU core, a quarter of the filters, 400 faces.
Score: different faces, M 0.079; one face if trained on.

    tf-gan-train --config=faces_began --config.data.path=DIR \
        --workdir=runs/faces_began

128 filters, 64 latents from U(-1, 1), batches of 16, Adam at 1e-4. The paper trains on
360,000 faces; the number of epochs is for 200,000. For 64x64 set
--config.data.image_size=64: one scale more.

Tried on 400 grey photographs of 40 people (the ORL faces), --config.data.channels=1,
--config.data.held_out=0 and 32 filters in both networks, one core of an x86-64 server CPU with
AVX-512: 300 epochs, 7,500 steps, 930 s give different faces with eyes; M 0.079, k 0.030. After
400 epochs all samples are one face, M 0.065, k 0.007 (docs/began.md).
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "faces_began"
    config.data.name = "image_folder"
    config.data.image_size = 32
    config.data.channels = 3
    config.model.name = "began"
    config.model.latent_dim = 64
    config.model.prior = "uniform"
    config.model.moving_average = 0.0
    config.model.arguments = ConfigDict(
        {"gamma": 0.5, "patience": 20_000, "smallest_rate": 2e-5, "data_range": (-1.0, 1.0)}
    )
    config.networks.name = "began"
    config.networks.generator = ConfigDict({"filters": 128})
    config.networks.discriminator = ConfigDict({"filters": 128})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 1e-4
    config.optimizer.discriminator_learning_rate = 1e-4
    config.batch_size = 16
    config.epochs = 40
    config.steps_per_execution = 10
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
