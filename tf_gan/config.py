"""Every setting of a run, once.

`default_config()` is the run on scikit-learn's digits, which `tf-gan-train` without
flags trains. An experiment in `configs/` calls it and changes a few values. Configs are
locked: a misspelt field is an error. So is a setting that the chosen model does not
take, unless it has its default.
"""

import ml_collections
from ml_collections import config_dict


def default_config() -> ml_collections.ConfigDict:
    """Returns the settings of the run on the digits."""
    config = ml_collections.ConfigDict()
    config.name = "digits"  # Names the default run directory, runs/<name>.
    config.seed = 0  # Fixes the initial weights, all noise and the order of the data.

    # Whether settings that are not given are chosen for the folder of pictures in
    # data.path and for the machine; see configs/own_pictures.py.
    config.choose = False

    # Run directory whose networks and moving average a new run starts from, as far as
    # their weights fit.
    config.init_from = ""
    # Networks that start from that run, such as "generator"; empty for all.
    config.init_networks = ""
    # The layers with weights of D, counted from the image on, that are not trained.
    config.freeze_d = 0

    config.data = ml_collections.ConfigDict()
    # The data set: digits, image_folder, image_pairs, photographs, npz, parquet, tfrecord,
    # array_record, ring, grid, gaussians_1d, stacked_mnist, a name in tensorflow-datasets,
    # a module of your own, such as my_package.my_source (see tf_gan/data/load.py), or
    # NAME_outlines.
    config.data.name = "digits"
    config.data.split = "train"  # Such as train[:50000] of a tensorflow-datasets set.
    # Folder for image_folder, image_pairs and photographs, file for npz; file, folder or
    # pattern for parquet, tfrecord and array_record. Or the address of one of these, such
    # as s3://bucket/faces, which is downloaded once.
    config.data.path = ""
    # For ring, grid and gaussians_1d: points to sample; for stacked_mnist: images.
    config.data.points = 50_000
    # Height and width to which images are cropped and resized, or a pair such as 48,64;
    # 0 leaves the images of a tensorflow-datasets set as they are.
    config.data.image_size = config_dict.FieldReference(0, field_type=object)
    config.data.crops = 16  # For photographs: random crops of each file in an epoch.
    # Of pictures: 1 grey, 3 RGB; 4 RGBA for image_folder and files of records.
    config.data.channels = 3
    # For image_folder: whether its sub-folders are classes. For parquet, tfrecord and
    # array_record: whether the records have labels.
    config.data.labels = False
    # For parquet, tfrecord and array_record: the field with the picture; empty finds it.
    config.data.column = ""
    # For parquet, tfrecord and array_record: the field with the label; empty finds it.
    config.data.label_column = ""
    # For semi-supervised models: labels to keep of each class, chosen by the seed; 0
    # keeps all of them.
    config.data.labels_per_class = 0
    # For image_pairs and outlines: whether each source image belongs to one target
    # image.
    config.data.paired = True
    # For image_pairs: images are resized to image_size + jitter, and cropped to
    # image_size at random positions.
    config.data.jitter = 0
    # Folder for the cache of images that take more than a quarter of the memory, and for
    # downloads from addresses; empty for images/ and downloads/ in $TF_GAN_CACHE, or in
    # ~/.cache/tf_gan.
    config.data.cache = ""
    # Whether training mirrors half of the images, left and right, anew in each epoch.
    config.data.mirror = False
    # For image_folder, and files of records: share of the pictures that training never
    # sees, chosen by the seed; they are the split test. At least 50 of 250 pictures or
    # more. A number above 1 is how many; 0 holds out none.
    config.data.held_out = 0.1
    # Range of the training images: (-1, 1) for generators that end in tanh, (0, 1) for
    # those that end in a sigmoid.
    config.data.value_range = (-1.0, 1.0)
    # If > 0: subtracts the mean of each image and scales the image to this norm.
    config.data.contrast_normalization = 0.0
    config.data.image_shape = ()  # The run fills this in from the data.
    config.data.count = 0  # The run fills this in: number of training examples.
    # The run fills this in from the data; 0 for data without labels.
    config.data.num_classes = 0
    config.data.class_names = ()  # The run fills this in: names of the classes, if there are any.

    config.model = ml_collections.ConfigDict()
    # The model: a module of tf_gan/models, or a module of your own, such as
    # my_package.my_model.
    config.model.name = "gan"
    config.model.latent_dim = 64  # Length of the latent vectors.
    # Distribution of the latents: normal, which is N(0, 1), or uniform over prior_range.
    config.model.prior = "normal"
    config.model.prior_range = (-1.0, 1.0)  # For the uniform prior.
    # Decay per step of the generator's moving average, in [0, 1); 0 for no average. In
    # the first steps the decay is smaller.
    config.model.moving_average = 0.99
    # Half-life of the moving average in thousands of images seen, in place of
    # moving_average; 0 for none. It is at most a twentieth of the images so far.
    config.model.half_life = 0.0
    # Whether the average follows the generator closely at first; --init_from turns it off
    # where a run starts from the average of another one.
    config.model.average_ramp = True
    # Arguments of the model's constructor that no other field names.
    config.model.arguments = ml_collections.ConfigDict()

    config.networks = ml_collections.ConfigDict()
    # The networks: a module of tf_gan/networks, or a module of your own, such as
    # my_package.my_networks.
    config.networks.name = "mlp"
    # Arguments of the module's build_generator.
    config.networks.generator = ml_collections.ConfigDict({"units": (256, 256)})
    # Arguments of the module's build_discriminator.
    config.networks.discriminator = ml_collections.ConfigDict({"units": (256, 256)})
    # Arguments of the module's build_encoder, for models with an encoder.
    config.networks.encoder = ml_collections.ConfigDict()
    # Training images from which weight-normalised layers are initialised; 0 initialises
    # them without data.
    config.networks.initialization_images = 0
    # Whether build_generator gets the mean of each pixel over the training images, for
    # the bias of its output.
    config.networks.pixel_means = False

    config.objective = ml_collections.ConfigDict()
    config.objective.loss = "non_saturating"  # The adversarial loss: a name in tf_gan.losses.
    # For minimax and non_saturating: subtracted from the labels of the real images only.
    config.objective.label_smoothing = 0.0
    # Names in tf_gan.penalties, separated by commas; empty for no penalty.
    config.objective.penalties = "r1"
    # Weight of each penalty; a negative number gives each penalty its own default.
    config.objective.penalty_weight = 1.0
    # Steps from one update with penalties on gradients to the next, which then has an optimizer
    # step of its own; 1: they are part of D's loss in every step, as cr, bcr and lecam always are.
    config.objective.penalty_interval = 1
    # What D sees in place of the images, real and fake: names out of color, translation,
    # cutout and flip, separated by commas; ada; or empty for the images themselves. See
    # docs/augmentation.md.
    config.objective.augment = ""
    # For ada: groups of operations out of blit, geometric, color and cutout; color has half
    # the probability of the others where cutout is one of them, as in R3GAN.
    config.objective.augment_groups = "blit,geometric,color"
    # Probability of each operation of the augmentation; a negative number: 1, or for ada
    # the one that a controller finds.
    config.objective.augment_p = -1.0
    # Discriminator steps for each generator step, k in Algorithm 1.
    config.objective.discriminator_steps = 1
    # alternating: the generator moves after the discriminator; simultaneous: both move
    # from the same weights.
    config.objective.updates = "alternating"
    # Fakes of a generator step for each image of a minibatch; 2 in the SNGAN paper.
    config.objective.generator_batch_factor = 1

    config.optimizer = ml_collections.ConfigDict()
    # The optimizer: adagrad, adam, adam_2016 (Salimans et al.: epsilon inside of the square
    # root), rmsprop, sgd, or sgd_2014 (the 2014 paper's momentum and decay).
    config.optimizer.name = "adam"
    # Learning rate of the generator, and of models without a discriminator.
    config.optimizer.generator_learning_rate = 1e-3
    config.optimizer.discriminator_learning_rate = 1e-3  # Learning rate of the discriminator.
    # For sgd_2014: the learning rate after t updates is rate / decay_factor^t, at least
    # 1e-6.
    config.optimizer.decay_factor = 1.000004
    config.optimizer.beta_1 = 0.5  # For adam and adam_2016.
    config.optimizer.beta_2 = 0.999  # For adam and adam_2016.
    config.optimizer.epsilon = 1e-8  # For adam and adam_2016.
    # For dbn and cae: epochs for which each layer is trained, one after the other, the last
    # one to the end; 0 trains all at once.
    config.optimizer.layer_epochs = 0
    config.optimizer.l2 = 0.0  # For adam: adds l2 times the weights to their gradients.
    # For adam and adam_2016, how the learning rate falls: none, exponential (to a
    # hundredth), linear (to 0), or tenth (to a tenth, in one step).
    config.optimizer.decay = "none"
    # The epochs where the fall begins and ends; tenth takes place at the first.
    config.optimizer.decay_epochs = (0, 0)

    # Values that go by half a cosine from those above to those here, over the first
    # `images` thousands of images seen, and are constant then. 0 images: all are constant.
    config.schedule = ml_collections.ConfigDict()
    config.schedule.images = 0.0  # Thousands of images seen.
    config.schedule.learning_rate = 1.0  # Factor of both learning rates at the end.
    config.schedule.penalty_weight = 1.0  # Factor of the weights of the penalties at the end.
    config.schedule.beta_2 = -1.0  # For adam: beta_2 at the end; negative: constant.
    # Whether the half-life of the moving average rises from 0 to model.half_life.
    config.schedule.half_life = False
    # Whether the probability of the augmentation rises from 0 to objective.augment_p.
    config.schedule.augment_p = False

    # Images in a minibatch, over all replicas; a step takes discriminator_steps of them.
    config.batch_size = 64
    config.epochs = 600  # How often the run goes through the training images.
    # Length of the run in thousands of images seen, in place of epochs; 0: epochs count.
    config.length = 0.0
    # Minutes of training after which a call of tf-gan-train saves and ends; 0: no limit.
    # The same command resumes the run.
    config.minutes = 0.0
    # Steps in one call of the compiled program; 0: as many as take about a second.
    config.steps_per_execution = 0
    config.jit_compile = "auto"  # auto, true or false: whether XLA compiles the step.
    # true, false or auto: whether TensorFlow runs deterministic ops only, without which
    # a resumed run may differ from one that was never stopped. auto: always on GPUs and
    # TPUs; on CPUs if XLA does not compile the step. It can make steps slower, on GPUs
    # above all, and a layer whose op has no deterministic form there is an error: then
    # set false.
    config.deterministic = "auto"
    # float32, mixed_bfloat16, mixed_float16, or auto: mixed_bfloat16 where the machine
    # computes convolutions faster in it, else float32.
    config.precision = "float32"

    # Epochs between sample grids; the last epoch always writes one.
    config.sample_every = 50
    config.samples = 100  # Images in a grid.
    config.sample_minutes = 0.0  # Minutes between additional sample grids; 0 for none.
    # Epochs between evaluations of samples, which go into the logs; 0 for none.
    config.evaluate_every = 0
    # Metrics of these evaluations: names of tf-gan-evaluate's, separated by commas.
    config.evaluate_metrics = "frechet"
    config.evaluate_samples = 2000  # Samples for each evaluation.
    # The next five fields are flags of tf-gan-evaluate. The network whose features are
    # compared: inception, classifier, contrastive, a .keras file, or what fits the data.
    config.evaluate_extractor = "auto"
    # LOW,HIGH: range of the images that a .keras extractor takes.
    config.evaluate_extractor_range = (0.0, 255.0)
    config.evaluate_inception_weights = ""  # The file with the weights of Inception.
    config.evaluate_held_out = ""  # Test images, for data without a test split.
    config.evaluate_validation = ""  # Validation images, for data without a validation split.
    # Epochs between checkpoints; the last epoch always writes one.
    config.checkpoint_every = 50
    config.checkpoint_steps = 0  # Steps between additional checkpoints; 0 for none.
    config.checkpoint_minutes = 10.0  # Minutes between additional checkpoints; 0 for none.
    config.checkpoints_kept = 3  # How many checkpoints to keep, the newest ones.
    # Keeps one more checkpoint, that of the smallest value of this log, such as kid, which needs
    # evaluate_every and evaluate_metrics=kernel: the first log whose name starts with this counts.
    # Empty for none.
    config.keep_best = ""
    # Values of that log in a row without a smaller one after which training ends; 0: never.
    config.patience = 0
    # At a NaN or an infinity: stop, or rollback, which resumes from the last checkpoint
    # with other noise.
    config.on_nonfinite = "stop"
    config.rollbacks = 3  # How many times to roll back at most.
    config.images_per_second = 4.0  # Speed of samples.gif.
    # For data of one or two numbers: frames of the training to keep at most, for
    # tf-gan-replay; 0 for none.
    config.replay_frames = 200
    return config.lock()


def get_config() -> ml_collections.ConfigDict:
    """Returns the default config. `--config=FILE` calls this function of a file."""
    return default_config()
