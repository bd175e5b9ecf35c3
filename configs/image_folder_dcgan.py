r"""DCGAN on a folder of pictures at 64x64: the paper's network for bedrooms and faces,
four stages, 128 channels in the largest maps.

Time: 8 minutes on one busy CPU core, a quarter of the width, 400 faces.
Score: blurred faces; docs/own_pictures.md has numbers.

    tf-gan-train --config=image_folder_dcgan --config.data.path=DIR \
        --workdir=runs/mine

Other sizes, --config.data.image_size: any multiple of 4 from 8 to 128. On a CPU take a
smaller --config.networks.generator.width and --config.networks.discriminator.width,
such as 32. Samples are those of a moving average of G, which the paper has not. The
paper trained 25 epochs on 350,000 faces, 5 on three million bedrooms.

Tried on 400 grey photographs of faces (ORL), --config.data.channels=1
--config.data.held_out=0 --config.batch_size=40 and a width of 32: 87 epochs, 870 steps,
498 s on one busy core of an x86-64 server CPU give faces, blurred and with grain.
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder_dcgan"
    config.data.name = "image_folder"
    config.data.image_size = 64
    config.data.channels = 3
    config.model.latent_dim = 100
    config.model.prior = "uniform"
    config.model.moving_average = 0.999
    config.networks.name = "dcgan"
    config.networks.generator = ConfigDict({"width": 128, "upsampling": "transposed"})
    config.networks.discriminator = ConfigDict({"width": 128})
    config.objective.penalties = ""
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 2e-4
    config.batch_size = 128
    config.epochs = 25
    config.steps_per_execution = 1
    config.sample_every = 1
    config.checkpoint_every = 1
    return config
