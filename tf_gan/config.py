"""Every setting of a run, once.

`default_config()` is the run on scikit-learn's digits that `tf-gan-train` makes when it
is given nothing. An experiment in `configs/` calls it and changes a few values. Configs
are locked: a misspelt field fails at once.
"""

import ml_collections


def default_config() -> ml_collections.ConfigDict:
    """Returns the settings of the run on the digits."""
    config = ml_collections.ConfigDict()
    config.name = "digits"  # Names the default run directory, runs/<name>.
    config.seed = 0  # Fixes the initial weights, all noise and the order of the data.

    config.data = ml_collections.ConfigDict()
    # digits, image_folder, image_pairs, photographs, npz, ring, grid, gaussians_1d, a
    # name in tensorflow-datasets, a module of one's own such as my_package.my_source
    # (see tf_gan/data/load.py), or NAME_outlines.
    config.data.name = "digits"  # The data set.
    config.data.split = "train"  # Such as train[:50000] of a tensorflow-datasets set.
    config.data.path = ""  # Folder of image_folder, image_pairs or photographs, file of npz.
    config.data.points = 50_000  # Points drawn from ring, grid or gaussians_1d.
    # Height and width to crop and resize to; 0 keeps the images of a
    # tensorflow-datasets set as they are.
    config.data.image_size = 0
    config.data.crops = 16  # Random crops of each of the photographs in an epoch.
    config.data.channels = 3  # For image_folder, image_pairs and photographs: 1 grey, 3 RGB.
    config.data.labels = False  # For image_folder: whether its sub-folders are classes.
    # Labels to keep of each class, chosen by the seed, for semi-supervised models; 0
    # keeps all.
    config.data.labels_per_class = 0
    # For image_pairs and outlines: whether each source belongs to an image.
    config.data.paired = True
    # For image_pairs: pixels that images are read larger by, to cut windows of
    # image_size from random places.
    config.data.jitter = 0
    config.data.mirror = False  # For image_pairs: whether training mirrors half of the images.
    # Range of the images in training: (-1, 1) for tanh generators, (0, 1) for sigmoid
    # ones.
    config.data.value_range = (-1.0, 1.0)
    # If > 0: each image minus its mean, scaled to this norm.
    config.data.contrast_normalization = 0.0
    config.data.image_shape = ()  # Filled in by the run, from the data.
    config.data.num_classes = 0  # The same; 0 where the data have no labels.

    config.model = ml_collections.ConfigDict()
    config.model.name = "gan"  # The model: a module of tf_gan/models.
    config.model.latent_dim = 64  # Length of the latent vector.
    # Distribution of the latents: normal, N(0, 1), or uniform over prior_range.
    config.model.prior = "normal"
    config.model.prior_range = (-1.0, 1.0)  # For the uniform prior.
    # Decay per step of the generator's moving average; 0 for none. Less in early steps.
    config.model.moving_average = 0.99
    # Directory of a run whose generator, of the same shape, this run's starts as.
    config.model.initial_run = ""
    # Further arguments of the model, those that it alone has.
    config.model.arguments = ml_collections.ConfigDict()

    config.networks = ml_collections.ConfigDict()
    config.networks.name = "mlp"  # A module of tf_gan/networks.
    # Arguments of its build_generator.
    config.networks.generator = ml_collections.ConfigDict({"units": (256, 256)})
    # Arguments of its build_discriminator.
    config.networks.discriminator = ml_collections.ConfigDict({"units": (256, 256)})
    # Arguments of its build_encoder, for models that have one.
    config.networks.encoder = ml_collections.ConfigDict()
    # Images for the data-dependent initialisation of weight-normalised layers; 0 for
    # none.
    config.networks.initialization_images = 0
    # Whether build_generator takes the training images' means, for its output bias.
    config.networks.pixel_means = False

    config.objective = ml_collections.ConfigDict()
    config.objective.loss = "non_saturating"  # A name in tf_gan.losses, for models that take one.
    config.objective.label_smoothing = 0.0  # One-sided; for minimax and non_saturating.
    config.objective.penalties = "r1"  # Names in tf_gan.penalties, separated by commas.
    config.objective.penalty_weight = 1.0  # Weight of each of them; below 0 their own default.
    config.objective.discriminator_steps = 1  # k of algorithm 1.
    config.objective.updates = "alternating"  # alternating, or simultaneous.

    config.optimizer = ml_collections.ConfigDict()
    # adagrad, adam, rmsprop, sgd, or sgd_2014 (the 2014 paper's momentum and decay).
    config.optimizer.name = "adam"
    config.optimizer.generator_learning_rate = 1e-3  # Also that of models with one side.
    config.optimizer.discriminator_learning_rate = 1e-3
    # For sgd_2014: the learning rate after t updates is rate / decay_factor^t, at least
    # 1e-6.
    config.optimizer.decay_factor = 1.000004
    config.optimizer.beta_1 = 0.5  # For adam.
    config.optimizer.beta_2 = 0.999  # For adam.
    config.optimizer.epsilon = 1e-8  # For adam.
    config.optimizer.l2 = 0.0  # For adam: this times the weights is added to their gradients.
    # For adam: how the rate falls: none, exponential (to a hundredth), linear (to 0),
    # or tenth (in one step).
    config.optimizer.decay = "none"
    # The epochs between which it falls; a tenth is taken at the first.
    config.optimizer.decay_epochs = (0, 0)

    config.batch_size = 64  # Images in a minibatch, over all replicas.
    config.epochs = 600
    config.steps_per_execution = 28  # Steps in one call of the compiled program.
    config.jit_compile = "auto"  # auto, true or false: whether XLA compiles the step.
    # Whether TensorFlow's ops are held to be deterministic: true, false, or auto for
    # where XLA does not see to it.
    config.deterministic = "auto"
    config.precision = "float32"  # float32, mixed_bfloat16 or mixed_float16.

    config.sample_every = 50  # Epochs between sample grids; the last epoch always makes one.
    config.samples = 100  # Images in a grid.
    # Epochs between evaluations of samples, which go into the logs; 0 for none.
    config.evaluate_every = 0
    # What they measure: names of tf-gan-evaluate's metrics, separated by commas.
    config.evaluate_metrics = "frechet"
    config.evaluate_samples = 2000  # Samples for each.
    # These five are tf-gan-evaluate's flags: the network whose features are compared,
    config.evaluate_extractor = "auto"
    # the range of the images that it takes, if it is a .keras file,
    config.evaluate_extractor_range = (0.0, 255.0)
    config.evaluate_inception_weights = ""  # the file with the weights of Inception,
    config.evaluate_held_out = ""  # and images for data without a test split
    config.evaluate_validation = ""  # or validation images.
    config.checkpoint_every = 50  # Epochs between checkpoints; the last epoch always makes one.
    config.checkpoint_steps = 0  # Steps between further checkpoints; 0 for none.
    config.checkpoint_minutes = 10.0  # The same in minutes.
    config.checkpoints_kept = 3
    # At a NaN or an infinity: stop, or rollback to the last checkpoint, with other
    # noise.
    config.on_nonfinite = "stop"
    config.rollbacks = 3  # How often at most.
    config.images_per_second = 4.0  # Speed of samples.gif.
    return config.lock()


def quick(config: ml_collections.ConfigDict) -> ml_collections.ConfigDict:
    """Makes a config small, to see in seconds whether it runs: tiny networks, two
    epochs, 64 images of a tensorflow-datasets set, small pairs.
    """
    from tf_gan.data import splits  # Reading a config needs no TensorFlow.

    for arguments in (
        config.networks.generator,
        config.networks.discriminator,
        config.networks.encoder,
    ):
        for name in {"units", "channels", "filters", "width", "blocks"} & set(arguments):
            value = arguments[name]
            arguments[name] = (
                tuple(min(size, 8) for size in value) if isinstance(value, tuple) else min(value, 8)
            )
    if config.data.name == "image_pairs":
        config.data.image_size = 32
    elif splits(config.data) is None:
        config.data.split = "train[:64]"
    config.data.points = 64
    config.data.labels_per_class = min(config.data.labels_per_class, 1)
    if config.data.name == "photographs":
        config.data.image_size, config.data.crops = 24, 1
    config.batch_size = 16
    config.epochs = 2
    config.steps_per_execution = 2
    config.samples = 4
    config.sample_every = 1
    config.checkpoint_every = 1
    return config


def get_config() -> ml_collections.ConfigDict:
    """What `--config=FILE` calls; here the default."""
    return default_config()
