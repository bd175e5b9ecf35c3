r"""R3GAN on a folder of faces at 256x256, the networks and settings of the paper for
FFHQ.

Time: eight GPUs, three weeks, in the paper.
Score: not trained here; published: FID 2.75.

    tf-gan-train --config=ffhq256_r3gan --config.data.path=DIR \
        --workdir=runs/ffhq256_r3gan

Table 9 of Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline
(2025), https://arxiv.org/abs/2501.05441: 23.1 and 23.0 million parameters, 200 million
images in batches of 256, three weeks on eight A6000. Published: FID of 50,000 samples
2.75, recall 0.49. Not trained here: it takes GPUs. The learning rate, beta_2, the
weight of the penalties, the half-life of the average and the probability of the
augmentation go by half a cosine over the first 20 million images. All layers compute in
bfloat16, in the paper those of the four largest sizes of maps.
"""

from tf_gan.runs import config_file


def get_config():
    config = config_file.load("ffhq64_r3gan")
    config.name = "ffhq256_r3gan"
    config.data.image_size = 256
    config.objective.penalty_weight = 150.0
    config.length = 200_000.0
    return config
