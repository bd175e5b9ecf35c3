"""What every adversarial model shares, so that `gan.py` can be Algorithm 1 and a
variant can be the term it changes.

A step of a model is made of updates. An update has two parts:

- *compute*: noise, forward passes, losses and gradients, a pure function of the
  weights, the data, the seed and the step. Nothing is written in it (dropout seeds and
  BatchNormalization's statistics go in and out as values), so it can be one XLA program
  on every device;
- *apply*: sums over replicas, optimizers, statistics. It alone writes.
"""

import contextlib
import dataclasses
import types
import warnings
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tf_gan import distribute, export
from tf_gan.data import adapter
from tf_gan.data.examples import Examples
from tf_gan.errors import UserError
from tf_gan.export.signatures import Signature, latent_signatures
from tf_gan.models import averages
from tf_gan.training.rng import Stream

# Folded into the seed where a training step folds in its number.
EVALUATION, GENERATION, AVERAGE = -1, -2, -4


@dataclasses.dataclass(frozen=True)
class Objective:
    """One side of a model: the networks it moves, what moves them, and the loss they
    descend.

    Args:
        networks: Keras models whose trainable variables this side owns.
        optimizer: Keras optimizer.
        loss: Callable `(images, labels, random) -> (scalar loss, {log name: scalar},
            *kept)`. What it returns further, structures of tensors with the batch
            first, `GenerativeModel.keep` gets from all replicas.
    """

    networks: list[keras.Model]
    optimizer: keras.optimizers.Optimizer
    loss: Callable

    @property
    def variables(self) -> list[keras.Variable]:
        return [variable for network in self.networks for variable in network.trainable_variables]


class GenerativeModel(keras.Model):
    """Base class of the models: two objectives, one generator that can be averaged, one
    seed.

    To be implemented by subclasses:

    - `objectives()`: the `Objective`s, the discriminator's first.
    - `train_step(data)`: calls `update` for the objectives in their order, and returns
      `finish_step()`.
    - `evaluation_logs(images, labels, random)`: the logs of a batch, networks in
      inference mode.
    - `sample_latents(n, random)`.
    - `log_names`: names of all logs that the losses return.
    - `roles`: the constructor's arguments that are networks; a run builds them with
      `build_<role>` of its module in `tf_gan/networks`.
    - `num_classes`: the number of classes, if the generator takes `[latents, labels]`;
      None if it takes latents alone.

    Args:
        generator: Keras model that makes the images.
        moving_average: Decay of the generator's moving average per step, in [0, 1), or
            None for none; see `averages.move`.
        data_range: `(low, high)` of the images, or None if they have no bounds.
        seed: Integer that, with the number of the step, fixes all noise, dropout and
            the order of arrays in `fit`.
    """

    log_names: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("generator", "discriminator")
    num_classes: int | None = None
    exported_networks: tuple[str, ...] = ("generator",)
    exported_output = "images"  # What exported files call what they return.

    def __init__(
        self,
        generator: keras.Model,
        *,
        moving_average: float | None = None,
        data_range=None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        averages.check_decay("moving_average", moving_average)
        self.generator = generator
        self.moving_average = moving_average
        self.data_range = (
            None if data_range is None else tuple(float(bound) for bound in data_range)
        )
        self.seed = int(seed)
        self.average_generator = None
        self.step = keras.Variable(
            0, dtype="int64", trainable=False, aggregation="only_first_replica", name="step"
        )
        self.nonfinite_step = keras.Variable(
            -1,
            dtype="int64",
            trainable=False,
            aggregation="only_first_replica",
            name="nonfinite_step",
        )
        self.evaluation_batch = keras.Variable(
            0,
            dtype="int64",
            trainable=False,
            aggregation="only_first_replica",
            name="evaluation_batch",
        )
        self.noise = 0  # Another number, other noise in training, from the same seed.
        self.discriminator_steps = 1
        self.epoch_steps, self.epoch_position, self._calls = None, 0, 0
        self._first_position = 0  # Where the first epoch of `fit` goes on.
        self.built = True

    def _build_average(self, *inputs: keras.KerasTensor) -> None:
        """Makes the averaged generator and builds it on the generator's symbolic
        inputs.
        """
        if self.moving_average is not None:
            self.average_generator = averages.average_of(self.generator, *inputs)

    def averages(self) -> list[tuple[keras.Model, keras.Model, float]]:
        """Returns the moving averages: `(the averaged network, the live one, decay per
        step)`.
        """
        return (
            []
            if self.average_generator is None
            else [(self.average_generator, self.generator, self.moving_average)]
        )

    @property
    def sampler(self) -> keras.Model:
        """The generator that render, metrics and exports use: the averaged one if there
        is one.
        """
        return self.generator if self.average_generator is None else self.average_generator

    # === Compile ===

    def objectives(self) -> tuple[Objective, ...]:
        raise NotImplementedError

    def compile(
        self,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
    ) -> None:
        self.requested_jit_compile = jit_compile
        if jit_compile == "auto":
            jit_compile = not run_eagerly and distribute.should_use_xla(self)
        elif (
            jit_compile
            and distribute.is_replicated(self)
            and distribute.has_synchronized_layers(self)
        ):
            raise UserError(
                "BatchNormalization(synchronized=True) exchanges values between replicas in the"
                " middle of the networks, which XLA programs cannot do. Expected jit_compile='auto'"
                " or False under a strategy with several replicas. Received: jit_compile=True"
            )
        super().compile(
            optimizer=None,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )
        self._loss_tracker = None
        with self.distribute_strategy.scope():
            # In an object of its own, which neither TensorFlow nor Keras saves.
            self._suspect = types.SimpleNamespace(
                number=keras.Variable(
                    0,
                    dtype="int64",
                    trainable=False,
                    aggregation="only_first_replica",
                    name="suspect",
                )
            )
            self.trackers = {name: keras.metrics.Mean(name=name) for name in self.log_names}
            for side in self.objectives():
                if not side.optimizer.built:
                    side.optimizer.build(side.variables)
        distribute.check_clipping(self, [side.optimizer for side in self.objectives()])
        self._compute_functions, self._apply_functions = {}, {}
        self._images_function = None

    def _with_loss_scale(self, optimizer, name: str):
        """Returns the optimizer for an argument of `compile`, wrapped for loss scaling
        if a layer computes in float16.
        """
        optimizer = keras.optimizers.get(optimizer)
        half = any(layer.compute_dtype == "float16" for layer in self._flatten_layers())
        if half and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name=f"{name}_loss_scale")
        return optimizer

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(getattr(self, "trackers", {}).values())

    def get_metrics_result(self) -> dict:
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    # === One update ===

    def random(self, *folds) -> Stream:
        """Returns this replica's random numbers for the given folds of the seed."""
        context = tf.distribute.get_replica_context()
        replicas = 1 if context is None else context.num_replicas_in_sync
        replica = 0 if replicas == 1 else context.replica_id_in_sync_group
        return Stream(self.seed, *folds, replica=replica, replicas=replicas)

    def update(
        self, objectives: list[Objective], images, labels, draw: int
    ) -> dict[str, tf.Tensor]:
        """Moves the given objectives one optimizer step each, all from the same
        weights, data and noise.

        Args:
            objectives: The objectives that move.
            images: This replica's minibatch.
            labels: Its labels, or None.
            draw: Number of this update within the step: another number, other noise.

        Returns:
            The logs of the objectives, means over the replicas.
        """
        random = self.random(*([self.noise] if self.noise else []), self.step.value, draw)
        means = {}
        results = self._compute(objectives, images, labels, random)
        for _, _, logs, _ in results:
            means |= self.track(logs)
        self._note_nonfinite(
            means,
            self._suspects(images, objectives, [gradients for gradients, *_ in results]),
            draw,
        )
        for side, (gradients, _, _, kept) in zip(objectives, results, strict=True):
            if isinstance(side.optimizer, keras.optimizers.LossScaleOptimizer):
                gradients = distribute.agree_on_overflow(gradients)
            self._apply(side, gradients)
            if kept:
                self.keep(distribute.gather_over_replicas(kept))
        # The first side's passes went through all networks; a second side's left the
        # same statistics once more.
        statistics = distribute.mean_over_replicas(results[0][1])
        for variable, value in zip(self._statistics(), statistics, strict=True):
            variable.assign(value)
        return means

    def keep(self, kept: list) -> None:
        """Writes what a loss returned beside its logs, joined over the replicas: the
        same on all of them.
        """
        raise NotImplementedError

    def track(self, logs: dict, count=1) -> dict[str, tf.Tensor]:
        """Adds logs, means over the replicas, to the trackers.

        Args:
            logs: Scalars of this replica.
            count: Weight of this replica's share: the number of its examples where
                shares differ. A share of none does not count.

        Returns:
            The means over the replicas.
        """
        weight = tf.cast(count, tf.float32)
        shares = [tf.where(weight > 0, weight * value, 0.0) for value in logs.values()]
        # One message between replicas, not one for each.
        *shares, weight = tf.unstack(distribute.mean_over_replicas(tf.stack([*shares, weight])))
        logs = {name: share / weight for name, share in zip(logs, shares, strict=True)}
        for name, value in logs.items():
            self.trackers[name].update_state(value, sample_weight=weight)
        return logs

    def _suspects(self, images, objectives: list[Objective], gradients: list) -> tf.Tensor:
        """Returns a number for the images and one for the gradient of each variable,
        not finite if one of theirs is on some replica.

        XLA computes with NaN as arithmetic does: a gradient that is NaN or infinite
        makes its variable so, and the next loss tells. There nothing is looked at
        before; reading all gradients once more would cost a few percent of a step.
        Outside of XLA, ReLU makes zeros of NaN, so all are read, which next to
        convolutions is little. Overflows under loss scaling are no faults.
        """
        numbers = {}
        for side, its in zip(objectives, gradients, strict=True):
            if not self.jit_compile and not isinstance(
                side.optimizer, keras.optimizers.LossScaleOptimizer
            ):
                numbers |= {
                    id(v): tf.nn.l2_loss(getattr(g, "values", g))
                    for v, g in zip(side.variables, its, strict=True)
                    if g is not None
                }
        clean = tf.where(_all_finite(images), 0.0, np.nan)
        return distribute.mean_over_replicas(
            tf.stack([clean, *(numbers.get(id(v), 0.0) for _, v in self.moved_variables())])
        )

    def _note_nonfinite(self, logs: dict, suspects: tf.Tensor, draw: int) -> None:
        """Notes the first step where a value is not finite, and where it came from,
        before an optimizer spreads it to everything.
        """
        finite = tf.reduce_all(tf.math.is_finite(tf.stack(list(logs.values()))))
        seen = ~tf.math.is_finite(suspects)
        first = (~finite | tf.reduce_any(seen)) & (self.nonfinite_step.value < 0)
        noted = tf.convert_to_tensor(self._suspect.number)

        def find():
            bad = seen | tf.stack(
                [
                    False,
                    *(
                        ~_all_finite(tf.convert_to_tensor(variable.value))
                        for _, variable in self.moved_variables()
                    ),
                ]
            )
            return tf.where(tf.reduce_any(bad), 1 + tf.argmax(tf.cast(bad, tf.int32)), 0)

        number = tf.cond(first, find, lambda: noted)
        self._suspect.number.assign(number)
        # Variables are as the update before left them, which for the first update of a
        # step was in the step before.
        late = (number > 1) & ~tf.reduce_any(seen) & (draw == 0)
        step = tf.maximum(self.step.value - tf.cast(late, tf.int64), 0)
        self.nonfinite_step.assign(tf.where(first, step, self.nonfinite_step.value))

    def moved_variables(self) -> list[tuple[str, keras.Variable]]:
        """Returns the variables that the objectives move, and what to call them."""
        networks = [network for side in self.objectives() for network in side.networks]
        return [
            (f"{network.name}/{variable.path}", variable)
            for network in networks
            for variable in network.trainable_variables
        ]

    @property
    def nonfinite_origin(self) -> str | None:
        """What the value that `nonfinite_step` tells of came from: the images, the
        gradient of a variable, or None where both were finite.
        """
        names = [
            None,
            "the images",
            *(f"the gradient of {name}" for name, _ in self.moved_variables()),
        ]
        return names[int(self._suspect.number.numpy())]

    def _compute(self, objectives: list[Objective], images, labels, random: Stream):
        if not distribute.xla_per_replica(self):
            return self._gradients(objectives, images, labels, random)
        key = tuple(self._number(side) for side in objectives)
        if key not in self._compute_functions:

            def function(images, labels, key, replica):
                stream = Stream(key, replica=replica, replicas=random.replicas)
                return self._gradients(objectives, images, labels, stream)

            self._compute_functions[key] = tf.function(function, jit_compile=True, autograph=False)
        return self._compute_functions[key](
            images, labels, random.key, tf.cast(random.replica, tf.int32)
        )

    def _apply(self, side: Objective, gradients: list) -> None:
        if not distribute.xla_optimizer(self):
            side.optimizer.apply(gradients, side.variables)
            return
        key = self._number(side)
        if key not in self._apply_functions:

            def function(gradients):
                side.optimizer.apply(gradients, side.variables)

            self._apply_functions[key] = tf.function(function, jit_compile=True, autograph=False)
        self._apply_functions[key](gradients)

    def _number(self, side: Objective) -> int:
        return [each.loss for each in self.objectives()].index(side.loss)

    def _gradients(self, objectives: list[Objective], images, labels, random: Stream):
        """Returns for each side the gradients of its loss, the statistics its forward
        passes leave, its logs, and what is to be kept.

        All losses get the same stream, so that what one has made `Stream.once` the
        others need not make again.
        """
        seeds, random, parts = self._seed_states(random.fold(0)), random.fold(1), []
        sources = [[variable.value for variable in side.variables] for side in objectives]
        with contextlib.ExitStack() as stack:
            tapes = [
                stack.enter_context(tf.GradientTape(watch_accessed_variables=False))
                for _ in objectives
            ]
            for tape, its in zip(tapes, sources, strict=True):
                # Nothing else: the tape of one side does not go back through the
                # other's networks.
                tape.watch(its)
            for side in objectives:
                with keras.StatelessScope(seeds) as scope:
                    loss, logs, *kept = side.loss(images, labels, random)
                    # Optimizers sum gradients over the replicas; the sum of the shares
                    # is the gradient of the mean.
                    share = side.optimizer.scale_loss(loss) / random.replicas
                    statistics = [
                        scope.get_current_value(variable) for variable in self._statistics()
                    ]
                current = [
                    v.value if s is None else s
                    for v, s in zip(self._statistics(), statistics, strict=True)
                ]
                parts.append(
                    (
                        share,
                        current,
                        {name: tf.cast(value, tf.float32) for name, value in logs.items()},
                        kept,
                    )
                )
        return [
            (tape.gradient(share, its), *rest)
            for tape, its, (share, *rest) in zip(tapes, sources, parts, strict=True)
        ]

    def _statistics(self) -> list[keras.Variable]:
        """Variables that forward passes update: moving means and variances, power
        iterations.
        """
        networks = [network for side in self.objectives() for network in side.networks]
        return [variable for network in networks for variable in network.non_trainable_weights]

    def _seed_states(self, random: Stream) -> list:
        """Values for the seed variables of dropout and noise layers."""
        generators = [
            generator
            for side in self.objectives()
            for network in side.networks
            for layer in network._flatten_layers()
            for generator in getattr(layer, "_seed_generators", [])
        ]
        return [
            (generator.state, random.layer_seed(number))
            for number, generator in enumerate(generators)
        ]

    def finish_step(self) -> dict:
        """Ends a step: the moving averages, the count, the logs."""
        for average, network, decay in self.averages():
            inputs = self.average_inputs if network is self.generator else None
            averages.move(
                average,
                network,
                decay,
                self.step.value,
                inputs,
                self._seed_states(self._average_stream()),
            )
        self.step.assign_add(1)
        return self.get_metrics_result()

    def _average_stream(self) -> Stream:
        """Returns the random numbers of a look at the averaged generator's statistics,
        the same on all replicas.
        """
        return Stream(self.seed, AVERAGE, self.step.value)

    def average_inputs(self, n: int):
        """Returns inputs of the averaged generator in a training step, for its
        statistics of BatchNormalization, the same on all replicas.
        """
        random = self._average_stream()
        latents = self.sample_latents(n, random)
        return [latents, self.sample_labels(n, random.fold(0))] if self.num_classes else latents

    def test_step(self, data) -> dict[str, tf.Tensor]:
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        logs = self.evaluation_logs(
            images, labels, self.random(EVALUATION, self.evaluation_batch.value)
        )
        self.track(logs, count=tf.shape(images)[0])
        self.evaluation_batch.assign_add(1)
        return {name: self.trackers[name].result() for name in logs}

    def evaluation_logs(self, images, labels, random: Stream) -> dict[str, tf.Tensor]:
        raise NotImplementedError

    # === Data ===

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: a model is built from the start, and Keras' way of finding that
        out fails for labelled batches on several workers.
        """

    def make_train_function(self, force=False):
        if self.train_function is None or force:
            self.train_function = distribute.make_function(
                self, self.train_step, self._next_steps, self._check_epoch
            )
        return self.train_function

    def make_test_function(self, force=False):
        if self.test_function is None or force:
            self.test_function = distribute.make_function(
                self, self.test_step, lambda: self.steps_per_execution
            )
        return self.test_function

    def _next_steps(self) -> int:
        """Returns how many steps the next call of the train function runs: an endless
        dataset must not carry it over the epoch's end.

        Where training goes on in the middle of an epoch, the calls for the steps that
        are done already run none.
        """
        if self.epoch_steps is None:
            return self.steps_per_execution
        self._calls += 1
        steps = max(
            0, min(self._calls * self.steps_per_execution, self.epoch_steps) - self.epoch_position
        )
        self.epoch_position += steps
        return steps

    @property
    def at_epoch_end(self) -> bool:
        """Whether the last step of an epoch of `fit` is done, where its number is
        known.
        """
        return self.epoch_steps is not None and self.epoch_position == self.epoch_steps

    def _check_epoch(self) -> None:
        """Raises a ValueError if the data ended before the first step of an epoch."""
        if int(self.step.numpy()) == self._epoch_first_step:
            raise UserError(
                "The data ended before the first step of an epoch. A step takes discriminator_steps"
                " batches; a Python generator cannot start again for a second epoch, so let it go"
                " on for ever and set `steps_per_epoch`."
            )

    def reset_metrics(self):
        # `fit` resets the metrics where an epoch begins, `evaluate` where it starts. In
        # an epoch that goes on they go on as well.
        self.epoch_position, self._first_position = self._first_position, 0
        if not self.epoch_position:
            super().reset_metrics()
        self._calls, self._epoch_first_step = 0, int(self.step.numpy())
        self.evaluation_batch.assign(0)

    def fit(
        self,
        x=None,
        y=None,
        batch_size: int | None = None,
        *,
        shuffle: bool = True,
        steps_per_epoch: int | None = None,
        **kwargs,
    ) -> keras.callbacks.History:
        """Trains, as `keras.Model.fit` does, on `discriminator_steps` minibatches a
        step.

        Args:
            x: Images in `data_range`: an array of shape `(N, ...)`,
                `tf_gan.data.Examples`, a `tf.data.Dataset` of batches, a
                `keras.utils.PyDataset` or a Python generator of batches. The order of
                arrays and of `Examples` depends on the seed and the epoch alone, and
                training goes on where the count of steps stands.
            y: Labels, integers of shape `(N,)`, for models that use them and for arrays
                only; other data carry their own.
            batch_size: Images in a minibatch, over all replicas; for arrays. Defaults
                to 64.
            shuffle: Whether to shuffle arrays.
            steps_per_epoch: Steps that make an epoch; by default as many as the data
                has.
            **kwargs: As in `keras.Model.fit`: `epochs`, `callbacks`, `validation_data`,
                `verbose`, ... With arrays and `Examples`, a given `initial_epoch` in
                which the count of steps stands goes on in the middle of that epoch.

        Returns:
            The `keras.callbacks.History`.

        Raises:
            ValueError: if the images do not fit the networks or the range, hold NaN, or
                are fewer than a batch; if the model has classes and the labels are
                missing or do not fit. Of data that come in batches the first one is
                looked at.
        """
        self._assert_compile_called("fit")
        if kwargs.get("validation_split"):
            raise UserError(
                "`validation_split` is not supported: split the images yourself and pass"
                " `validation_data`."
            )
        if kwargs.get("validation_data") is not None:
            pair = kwargs["validation_data"]
            pair = pair if isinstance(pair, (tuple, list)) and len(pair) == 2 else (pair, None)
            images, labels = adapter.evaluation_data(
                *pair, self.check_images, self.check_evaluation_labels
            )
            kwargs["validation_data"] = images if labels is None else (images, labels)
        if (
            isinstance(x, Examples)
            and None not in (x.value_range, self.data_range)
            and x.value_range != self.data_range
        ):
            raise UserError(
                f"The generator makes images in {self.data_range}, the data are in {x.value_range}."
                f" Expected the same range: give the data `value_range={self.data_range}`, or the"
                " generator another last activation (tanh: (-1, 1), sigmoid: (0, 1))."
            )
        dataset, steps = adapter.training_batches(
            x,
            y,
            batch_size=64 if batch_size is None else batch_size,
            minibatches=self.discriminator_steps,
            shuffle=shuffle,
            seed=self.seed,
            first_step=int(self.step.numpy()),
            strategy=self.distribute_strategy,
            check=self.check_images,
            check_labels=self.check_data_labels,
            training_view=self.training_view,
        )
        self.epoch_steps = steps_per_epoch or steps
        if steps and kwargs.get("initial_epoch") == int(self.step.numpy()) // self.epoch_steps:
            self._first_position = int(self.step.numpy()) % self.epoch_steps
        try:
            with warnings.catch_warnings():
                # Keras takes the end of data whose length it did not know for a
                # shortage.
                if self.epoch_steps is None:
                    warnings.filterwarnings("ignore", message="Your input ran out of data")
                return super().fit(
                    dataset, shuffle=False, steps_per_epoch=self.epoch_steps, **kwargs
                )
        finally:
            self.epoch_steps, self._first_position = None, 0

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Returns the means of the logs on images, as `keras.Model.evaluate` does:
        networks in inference mode, the live generator, seeded noise.

        Args:
            x: Images in `data_range`: an array, `tf_gan.data.Examples`, or a
                `tf.data.Dataset` of batches.
            y: Labels of an array, for models that use them.
            *args: As in `keras.Model.evaluate`.
            **kwargs: The same.

        Raises:
            ValueError: if the images do not fit the model, or would leave a partial
                batch on a TPU.
        """
        if not kwargs.get("_use_cached_eval_dataset"):
            x, y = adapter.evaluation_data(x, y, self.check_images, self.check_evaluation_labels)
            if isinstance(self.distribute_strategy, tf.distribute.TPUStrategy):
                adapter.check_full_batches(x, kwargs.get("batch_size") or 32)
        return super().evaluate(x, y, *args, **kwargs)

    def check_images(self, images: np.ndarray, first: int = 0) -> None:
        """Raises a ValueError that says what is wrong with images, if something is; the
        first of them has the number `first`.
        """
        adapter.check_images(images, self.data_range, self.image_shape, first)

    def check_data_labels(self, labels, n: int) -> None:
        """Raises a ValueError that says what is wrong with the labels of `n` images of
        the data, if the model has classes and something is.
        """
        if self.num_classes:
            adapter.check_labels(labels, n, self.num_classes)

    def check_evaluation_labels(self, labels, n: int) -> None:
        """Does the same for data to evaluate on."""
        self.check_data_labels(labels, n)

    def training_view(self, examples: Examples) -> Examples:
        """Returns images in memory as the minibatches of `fit` see them."""
        return examples

    # === Samples ===

    def sample_latents(self, n: int, random: Stream) -> tf.Tensor:
        raise NotImplementedError

    def sample_labels(self, n: int, random: Stream) -> tf.Tensor:
        """Draws labels, each class with the same probability: int32 of shape `(n,)`."""
        return tf.minimum(
            tf.cast(random.uniform([n]) * self.num_classes, tf.int32), self.num_classes - 1
        )

    def call(self, inputs, training=False):
        """Returns images for latents, or for `[latents, labels]`; outside training by
        the averaged generator, if there is one.
        """
        return (
            self.generator(inputs, training=True)
            if training
            else self.sampler(inputs, training=False)
        )

    def export(
        self, path, format: str = "saved_model", *, network: str = "generator", **options
    ) -> export.Report:
        """Writes the sampler to a file that other programs run, once it is proved to
        give the same images.

        Args:
            path: For `saved_model` a base directory, which gets the next free version,
                or a version of one, such as `"exported/1"`. For the other formats a
                file.
            format: One of `tf_gan.export.FORMATS`: `saved_model`, `tflite`, `onnx` or
                `keras`.
            network: One of `exported_networks`: `"generator"`, and others for models
                that have them.
            **options: Those of the `export` function of the format's module in
                `tf_gan/export`.

        Returns:
            The paths that were written and what was measured.

        Raises:
            ValueError: for an unknown format or network, a path that is there already
                or cannot be written, or values that differ from this model's.
        """
        return export.export(self.exported(network), path, format, **options)

    def exported(self, network: str):
        """Returns what exporters take for a network of a name: the model itself for
        `"generator"`.

        Raises:
            ValueError: for other names than `exported_networks`.
        """
        if network not in self.exported_networks:
            raise UserError(
                "Invalid value for argument `network`. Expected one of"
                f" {list(self.exported_networks)}. Received: network={network!r}"
            )
        return self

    def export_signatures(self, max_batch: int, jit_compile: bool) -> dict[str, Signature]:
        """Returns what an exported SavedModel does, by name. A model whose inputs are
        others than latents and labels returns its own.

        Args:
            max_batch: The most images that one request may ask for.
            jit_compile: Whether XLA compiles the networks inside.
        """
        return latent_signatures(self, max_batch, jit_compile)

    def export_inputs(self, n: int, seed: int) -> dict[str, np.ndarray]:
        """Returns inputs for `n` images of an exported sampler, by name and in its
        order, to calibrate files on and to compare them with.
        """
        latents, labels = self.sample_inputs(n, seed)
        return {"latents": latents.numpy()} | ({} if labels is None else {"labels": labels.numpy()})

    def sampler_inputs(self, inputs):
        """Returns what the sampler takes, from the inputs of an exported one: arrays,
        tensors or symbols.
        """
        return inputs

    def generate(
        self, n: int, seed: int | None = None, batch_size: int = 256, *, labels=None
    ) -> np.ndarray:
        """Returns `n` new images.

        Args:
            n: How many.
            seed: Integer; the same seed gives the same images. None draws another seed
                at each call.
            batch_size: How many to make at a time.
            labels: For models with classes: `n` integers in [0, num_classes), or one
                for all. None draws them.

        Returns:
            float32 array of shape `(n, *image_shape)`, in `data_range`.
        """
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise UserError(
                f"Invalid value for argument `n`. Expected an integer >= 1. Received: n={n!r}"
            )
        latents, drawn = self.sample_inputs(
            int(n), int(np.random.default_rng().integers(2**31)) if seed is None else int(seed)
        )
        labels = self.check_labels(labels, int(n))
        return self.images_from(latents, drawn if labels is None else labels, batch_size)

    def sample_inputs(self, n, seed) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns the latents of `generate(n, seed)`, and the labels, or None for a
        model without classes.

        Args:
            n: How many: an integer, or an integer tensor of shape `()`.
            seed: The same.
        """
        stream = Stream(seed, GENERATION)
        return self.sample_latents(n, stream), (
            self.sample_labels(n, stream.fold(0)) if self.num_classes else None
        )

    def check_labels(self, labels, n: int) -> np.ndarray | None:
        """Returns labels for `n` images as int32 of shape `(n,)`, or None for None.

        Raises:
            ValueError: if the model has no classes, or the labels are of another type
                or count, or outside [0, num_classes).
        """
        if labels is None:
            return None
        if not self.num_classes:
            raise UserError(
                "This model has no classes: expected labels=None. For images by class train a model"
                " that takes labels"
            )
        values = np.asarray(labels)
        adapter.check_labels(
            values if values.ndim else np.broadcast_to(values, (n,)), n, self.num_classes
        )
        return np.broadcast_to(values, (n,)).astype(np.int32)

    def images_from(
        self, latents: np.ndarray | tf.Tensor, labels=None, batch_size: int = 256
    ) -> np.ndarray:
        """Returns the images for the given latents, and labels where the model has
        classes: shape `(n, *image_shape)`, made `batch_size` at a time.
        """
        inputs = [tf.convert_to_tensor(latents, tf.float32)] + (
            [] if labels is None else [tf.convert_to_tensor(labels, tf.int32)]
        )
        n = inputs[0].shape[0]
        batch_size = min(batch_size, n)
        if getattr(self, "_images_function", None) is None:

            def images(*inputs):
                return tf.cast(
                    self(list(inputs) if len(inputs) > 1 else inputs[0], training=False), tf.float32
                )

            self._images_function = tf.function(images, reduce_retracing=True)
        starts = range(0, n, batch_size)
        return np.concatenate(
            [
                self._images_function(
                    *(each[start : start + batch_size] for each in inputs)
                ).numpy()
                for start in starts
            ]
        )

    # === Saving ===

    @classmethod
    def from_config(cls, config):
        return cls(
            **{key: keras.saving.deserialize_keras_object(value) for key, value in config.items()}
        )

    def compile_from_config(self, config):
        self.compile(
            **{key: keras.saving.deserialize_keras_object(value) for key, value in config.items()}
        )


def _all_finite(values) -> tf.Tensor:
    """Returns whether the floats of a structure of tensors are all finite."""
    tensors = [
        tf.convert_to_tensor(value) for value in tf.nest.flatten(values) if value is not None
    ]
    return tf.reduce_all(
        [
            True,
            *(
                tf.reduce_all(tf.math.is_finite(tensor))
                for tensor in tensors
                if tensor.dtype.is_floating
            ),
        ]
    )
