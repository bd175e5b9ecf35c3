r"""StarGAN on a folder with a sub-folder for each domain, at 128x128, the networks and
settings of the paper (Choi et al., 2018, https://arxiv.org/abs/1711.09020).

Time: a GPU; at 64x64 13 minutes of one CPU core for 1,734 steps.
Score: 191 of 200 translated emoji have the skin tone asked for.

    tf-gan-train --config=image_folder_star_gan --config.data.path=DIR \
        --workdir=runs/domains
    tf-gan-sample --workdir=runs/domains --kind=translations \
        --output=translations.png

DIR holds a folder for each domain, with pictures of any number and name; no picture needs
a twin. One generator translates between all pairs of domains. For 64x64
--config.data.image_size=64 --config.networks.discriminator.stages=5; on a CPU a smaller
--config.networks.generator.width and --config.networks.discriminator.width, such as 16.
200,000 updates of D in minibatches of 16, one of G after five of them. Samples are those of a
moving average of G, which the paper has not. The paper lets
the learning rate fall to 0 over the second half: --config.optimizer.decay=linear and
--config.optimizer.decay_epochs with the epochs where it begins and ends.

Tried on 310 emoji in five skin tones each, at 64x64 with widths 16,
--config.networks.generator.blocks=3 --config.networks.discriminator.stages=5
--config.model.moving_average=0.99, both learning rates at 5e-4 and --config.length=250: 1,734
of 3,128 steps, 802 s of one core of an x86-64 server CPU with AVX-512 (docs/gallery.md).
tf-gan-evaluate --metrics=label_agreement --extractor=classifier --samples=200 gives 0.955, by a
classifier that is right for 94.2% of 155 held-out pictures.

Tried on digits of MNIST in three colours, 800 of each, no digit in two of them:
32x32, widths 16, --config.networks.generator.blocks=3
--config.networks.discriminator.stages=4 --config.data.mirror=False
--config.model.moving_average=0.99 and both learning rates at 5e-4: 560 steps, 3,350 s on a
share of one core of an x86-64 server CPU that was busy with other work. Held-out digits
take the colour that is asked for: tf-gan-evaluate --metrics=label_agreement
--extractor=classifier --samples=200 gives 1, the classifier is right on all 240 held-out
digits. The mean difference after the way back is 0.045, of images in [-1, 1].
"""

from ml_collections import ConfigDict

from tf_gan.config import default_config


def get_config():
    config = default_config()
    config.name = "image_folder_star_gan"
    config.data.name = "image_folder"
    config.data.image_size = 128
    config.data.labels = True
    config.data.mirror = True
    config.model.name = "star_gan"
    config.model.moving_average = 0.999
    config.model.arguments = ConfigDict({"class_weight": 1.0, "reconstruction_weight": 10.0})
    config.networks.name = "star_gan"
    config.networks.generator = ConfigDict({"width": 64, "blocks": 6})
    config.networks.discriminator = ConfigDict({"width": 64, "stages": 6})
    config.objective.loss = "wasserstein"
    config.objective.penalties = "wgan_gp"
    config.objective.penalty_weight = 10.0
    config.objective.discriminator_steps = 5
    config.optimizer.generator_learning_rate = 1e-4
    config.optimizer.discriminator_learning_rate = 1e-4
    config.batch_size = 16
    config.length = 3200.0
    config.steps_per_execution = 1
    config.samples = 32
    config.sample_every = 5
    config.sample_minutes = 10.0
    config.checkpoint_every = 5
    return config
