"""What all models share, so that `gan.py` can be Algorithm 1 and a variant the term
that it changes.

A step is made of updates. An update has two parts: *compute* (noise, forward pass,
losses, gradients) is a pure function of the weights, the batch and the seed; *apply*
(optimizers, statistics) does all the writing. See `tf_gan.training.update`.
"""

import types
from typing import Any

import keras
import tensorflow as tf

from tf_gan import compat
from tf_gan.errors import UserError, integer, reason, warn
from tf_gan.models import averages
from tf_gan.models.fitting import Fitting
from tf_gan.models.logs import Logs, log_message, state
from tf_gan.models.network_checks import (
    arguments_of,
    as_range,
    check_arguments,
    check_layers,
    warn_of_forgotten,
    warn_of_untrained,
)
from tf_gan.models.objective import Batch, Lazy, Objective, split
from tf_gan.models.sampling import Sampling
from tf_gan.training import replicas, xla
from tf_gan.training.fit import EpochClock
from tf_gan.training.optimizers import Optimizers, prepare
from tf_gan.training.rng import Fold, Stream
from tf_gan.training.update import (
    Parts,
    after_all,
    apply_function,
    compute_function,
    seed_states,
)


class GenerativeModel(Fitting, Logs, Sampling, keras.Model):
    """Base class of the models: some objectives, one generator that can be averaged,
    one seed.

    To be implemented by subclasses:

    - `build_objectives()`: the `Objective`s, the discriminator's first; called by
      `compile`.
    - `forward(batch, random, need_real, training)`: the pass that the losses share.
    - `train_step(data)`: calls `update` for the objectives in their order, and returns
      `finish_step(logs)`.
    - `evaluation_logs(batch, random)`: the logs of a batch, networks in inference mode.
    - `sample_latents(n, random)`.
    - `roles`: the constructor's arguments that are networks; a run builds them with
      `build_<role>` of its module in `tf_gan/networks`.
    - `num_classes`: the number of classes, if the generator takes `[latents, labels]`;
      None if it takes latents alone.

    Args:
        generator: Keras model that makes the images.
        moving_average: Decay of the generator's moving average per step, in [0, 1), a
            schedule such as `tf_gan.schedules.HalfLife`, or None for none; see
            `tf_gan.models.averages.move`.
        data_range: `(low, high)` of the images, or None if they have no bounds.
        seed: Integer that, with the number of the step, fixes all noise, dropout and
            the order of arrays in `fit`.
        **kwargs: Arguments of `keras.Model`, such as `name`.
    """

    roles: tuple[str, ...] = ("generator", "discriminator")
    num_classes: int | None = None
    omitted: tuple[str, ...] = ()  # Arguments of a base class that have no use here.
    discriminator_steps = 1
    uses_global_batch = False  # Whether a loss needs values of all replicas in its middle.

    def __init__(
        self,
        generator: keras.Model,
        *,
        moving_average: float | None = None,
        data_range: tuple[float, float] | None = None,
        seed: int = 0,
        **kwargs,
    ):
        self._compiled: Any = None  # What `compile` makes.
        super().__init__(**kwargs)
        averages.check_decay("moving_average", moving_average)
        self.generator = generator
        self.moving_average = moving_average
        self.data_range = as_range(data_range)
        self.seed = integer("seed", seed, least=None)
        self.retry = 0  # Mixed into the seed: a rollback increments it, for new noise.
        self.average_generator = None
        self.step = state(0, "step", "int64")
        self.nonfinite_step = state(-1, "nonfinite_step", "int64")
        self.evaluation_batch = state(0, "evaluation_batch", "int64")
        self.evaluation_steps: int | None = None  # Those that `evaluate` is asked for.
        self.clock = EpochClock()  # Set by `fit`.
        self.probe = None  # Function that looks at an update; set by `training.nonfinite`.
        self.built = True

    # === Compile ===

    def build_objectives(self) -> tuple[Objective, ...]:
        """Returns the objectives in the order in which a step moves them."""
        raise NotImplementedError

    def build_lazy(self, objectives: tuple[Objective, ...]) -> tuple[Lazy, ...]:
        """Hook: returns losses that every k-th step alone descends, in their order.

        Args:
            objectives: What `build_objectives` returned.
        """
        return ()

    def compile(
        self,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
        **unknown,
    ) -> None:
        """Sets how steps are run; the models' own `compile` say what is trained.

        Args:
            run_eagerly: Whether steps run op by op, for debugging.
            steps_per_execution: Steps in one call of the compiled program, >= 1; `"auto"`
                for about a second of them.
            jit_compile: Whether XLA compiles the step; `"auto"` where it is faster.
            **unknown: None is known: each raises, with what the model takes.

        Raises:
            ValueError: for unknown arguments, or values out of range.
        """
        check_arguments(self, unknown)
        is_automatic = steps_per_execution == "auto"
        if not is_automatic:
            steps_per_execution = integer("steps_per_execution", steps_per_execution)
        compat.check_training_hooks()
        self.requested_jit_compile = jit_compile
        self.requested_steps_per_execution = steps_per_execution
        super().compile(
            optimizer=None,
            run_eagerly=run_eagerly,
            steps_per_execution=1 if is_automatic else steps_per_execution,  # See `fit`.
            jit_compile=xla.resolve(self, jit_compile, run_eagerly),
            auto_scale_loss=False,  # Each objective has an optimizer of its own.
        )
        compat.remove_loss_tracker(self)
        with self.distribute_strategy.scope():
            objectives = self.build_objectives()
        check_layers([network for objective in objectives for network in objective.networks])
        replicas.check_networks(self, objectives)
        replicas.check_optimizers(self, [objective.optimizer for objective in objectives])
        with self.distribute_strategy.scope():
            prepare(objectives)
        warn_of_untrained(self, objectives)
        for objective in objectives:  # Wrapped for loss scaling, some of them.
            setattr(self, f"{objective.name}_optimizer", objective.optimizer)
        self._images_function = None
        # In an object of its own, which neither TensorFlow nor Keras saves.
        lazy = self.build_lazy(objectives)
        self._compiled = types.SimpleNamespace(
            objectives=objectives, lazy=lazy, trackers=None, compute={}
        )
        self._compiled.apply = {o: apply_function(self, o) for o in objectives}
        self._compiled.apply |= {o: self._compiled.apply[o.objective] for o in lazy}

    def default_optimizer(self) -> keras.optimizers.Optimizer:
        """Adam with a rate of 1e-3."""
        return keras.optimizers.Adam(1e-3)

    def as_optimizer(self, given) -> keras.optimizers.Optimizer:
        """Returns the optimizer of an argument of `compile`, the default for None, made under
        the strategy of the model.
        """
        with self.distribute_strategy.scope():
            return keras.optimizers.get(given or self.default_optimizer())

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The objectives, in the order in which a step moves them; `compile` builds
        them.
        """
        return () if self._compiled is None else self._compiled.objectives

    @property
    def lazy_objectives(self) -> tuple[Lazy, ...]:
        """The losses that every k-th step alone descends."""
        return () if self._compiled is None else self._compiled.lazy

    @property
    def optimizer(self) -> Optimizers | None:
        """The optimizers of all objectives together, for Keras' callbacks: a
        `LearningRateScheduler` or `ReduceLROnPlateau` acts on each of them; see
        `tf_gan.callbacks.ForOptimizer` for one alone.
        """
        optimizers = [objective.optimizer for objective in self.objectives]
        return Optimizers(optimizers) if optimizers else None

    @optimizer.setter
    def optimizer(self, value) -> None:
        if value is not None:
            raise AttributeError("A model has one optimizer for each objective: see `objectives`.")

    @property
    def at_epoch_end(self) -> bool:
        """Whether the last step of an epoch of `fit` is done, where its number is
        known.
        """
        return self.clock.steps is not None and self.clock.position == self.clock.steps

    @property
    def networks(self) -> list[keras.Model]:
        """The networks that the objectives move."""
        return [network for objective in self.objectives for network in objective.networks]

    @property
    def statistics(self) -> list[keras.Variable]:
        """Variables that forward passes write: moving means and variances, power
        iterations.
        """
        return [variable for network in self.networks for variable in network.non_trainable_weights]

    # === One update ===

    def enter_phase(self) -> tuple[Any, int | None]:
        """Hook: makes the model ready for its next steps, outside of their program.

        Returns:
            What the program of a step depends on beside its inputs, such as the stage of
            a network that grows: another value, another program; and for how many steps
            it stays, None for all.
        """
        return None, None

    def forward(self, batch: Batch, random: Stream, *, need_real: bool = True, training=True):
        """Runs the pass that the losses share.

        Args:
            batch: This replica's minibatch.
            random: Its random numbers.
            need_real: Whether a loss uses the discriminator's outputs on real images.
            training: Whether the networks are in training mode.
        """
        raise NotImplementedError

    def update(
        self, objectives: tuple[Objective, ...], batch: Batch, substep: int
    ) -> dict[str, tf.Tensor]:
        """Moves objectives one optimizer step each, all from the same weights, batch
        and noise.

        Args:
            objectives: Those that move.
            batch: This replica's minibatch.
            substep: Number of this update within the step: another number, other noise.

        Returns:
            Their logs, means over the replicas.
        """
        random = self.stream(self.step.value, substep)
        parts = self.compute(tuple(objectives), batch, random)
        if self.probe is not None:
            self.probe(objectives, batch, parts)
        gradients, (message, statistics) = replicas.exchange(
            parts.gradients, (log_message(parts.logs, clean=parts.clean), parts.statistics)
        )
        logs = self.track(parts.logs, message)
        for objective, each in zip(objectives, after_all(gradients), strict=True):
            self._compiled.apply[objective](each)
        if parts.extras:
            self.after_update(replicas.gather_over_replicas(parts.extras))
        for variable, value in zip(self.statistics, statistics, strict=True):
            variable.assign(value)
        return logs

    def train_step(self, data) -> dict[str, tf.Tensor]:
        """One optimizer step of all objectives on a minibatch: images, or `(images,
        labels)`, whose labels are not used.
        """
        return self.finish_step(self.update(self.objectives, self.to_batch(data), substep=0))

    def lazy_step(self, number: int, data) -> dict[str, tf.Tensor]:
        """Moves one of the lazy objectives, on the first minibatch of a step.

        Args:
            number: Its number among `lazy_objectives`.
            data: What a dataset yields.

        Returns:
            Its logs, means over the replicas.
        """
        batch = split(self.to_batch(data), self.discriminator_steps)[0]
        # The updates of a step have the substeps from 0 to `discriminator_steps`.
        substep = self.discriminator_steps + 1 + number
        return self.update((self.lazy_objectives[number],), batch, substep)

    def compute(self, objectives: tuple[Objective, ...], batch: Batch, random) -> Parts:
        functions = self._compiled.compute
        if objectives not in functions:
            functions[objectives] = compute_function(self, objectives)
        return functions[objectives](batch, random)

    def stream(self, *folds) -> Stream:
        """Returns this replica's random numbers for the given folds of the seed."""
        context = tf.distribute.get_replica_context()
        count = replicas.replica_count()
        replica = 0 if count == 1 else context.replica_id_in_sync_group
        folds = (self.retry, *folds) if self.retry else folds
        return Stream(self.seed, *folds, replica=replica, replicas=count)

    def after_update(self, extras: tuple) -> None:
        """Hook: writes what the losses returned as `extras`, joined over the replicas."""
        raise NotImplementedError

    def end_step(self, logs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Hook: updates a controller, such as BEGAN's k, from the logs of a step.

        Args:
            logs: The step's logs, means over the replicas.

        Returns:
            Further logs, the same on all replicas.
        """
        return {}

    def finish_step(self, logs: dict[str, tf.Tensor]) -> dict:
        """Ends a step: the controller, the moving averages, the count, the means so
        far.

        Args:
            logs: Those that the `update`s of the step returned.

        Raises:
            ValueError: for logs of other names.
        """
        if unknown := sorted(logs.keys() - self.trackers.keys()):
            raise UserError(
                "Expected finish_step to get the logs that `update` returned. To log more, return"
                " it from discriminator_terms, generator_terms or end_step. Received:"
                f" {', '.join(unknown)}"
            )
        further = self.end_step(logs)
        self.track(further, log_message(further))
        for average, network, decay in self.averages():
            inputs = self.average_inputs if network is self.generator else None
            seeds = seed_states(self.networks, self._average_stream())
            averages.move(average, network, decay, self.step.value, inputs, seeds)
        self.step.assign_add(1)
        return self.get_metrics_result()

    # === Moving average ===

    def build_average(self, *inputs: keras.KerasTensor) -> None:
        """Makes the averaged generator and builds it on the generator's symbolic
        inputs.
        """
        if self.moving_average is not None:
            self.average_generator = averages.average_of(self.generator, *inputs)

    def averages(self) -> list[tuple[keras.Model, keras.Model, float]]:
        """Returns the moving averages: `(averaged network, live network, decay per
        step)`.
        """
        if self.average_generator is None or self.moving_average is None:
            return []
        return [(self.average_generator, self.generator, self.moving_average)]

    def average_inputs(self, n: int):
        """Returns inputs of the averaged generator that renew its statistics of
        BatchNormalization in a training step, the same on all replicas. None in place
        of this method copies the live generator's.
        """
        random = self._average_stream()
        latents = self.sample_latents(n, random)
        return [latents, self.sample_labels(n, random.fold(0))] if self.num_classes else latents

    def _average_stream(self) -> Stream:
        return Stream(self.seed, Fold.AVERAGE, self.step.value)

    # === Files ===

    def export(self, path, format: str = "saved_model", *, network: str = "generator", **options):
        """Writes the sampler to a file that other programs run, once it is proved to
        give the same images.

        Args:
            path: For `saved_model` a base directory, which gets the next free version,
                or a version of one, such as `"exported/1"`. For the other formats a
                file.
            format: One of `tf_gan.export.FORMATS`: `saved_model`, `tflite`, `onnx` or
                `keras`.
            network: `"generator"`, or the name of another network that the model
                exports, such as `"classifier"`.
            **options: `saved_model`: `max_batch=64`, `jit_compile=False`. `tflite`:
                `quantize="none"`, or `"dynamic"`, `"float16"`, `"int8"`; `min_psnr=None`, in
                dB. `onnx`: `weights="float32"`, or `"float16"`. `keras`: none.

        Returns:
            A `tf_gan.export.Report`: the paths that were written and what was measured.

        Raises:
            ValueError: for an unknown format or network, a path that is there already
                or cannot be written, or values that differ from this model's.
        """
        from tf_gan import export as exporters

        return exporters.export(self, path, format, network=network, **options)

    def explore(self, path="explorer.html", **options):
        """Writes a page with the sampler inside, which runs in the browser: seeds, ways
        between them, directions, classes and codes.

        Args:
            path: HTML file to write; it may exist.
            **options: `seed`, `weights` and `tarball` of `tf_gan.explorer.explore`.

        Returns:
            An `IPython.display.IFrame` of the page if IPython is installed, else the
            path.

        Raises:
            ValueError: if the path cannot be written, or the model does not make
                images.
        """
        from tf_gan import explorer

        return explorer.explore_model(self, path, **options)

    def save(self, filepath, *args, **kwargs) -> None:
        """Saves the model, as `keras.Model.save` does, in a `.keras` file.

        Args:
            filepath: Path that ends in `.keras`.
            *args: Further positional arguments of `keras.Model.save`.
            **kwargs: Further keyword arguments of `keras.Model.save`.

        Raises:
            ValueError: for another format, and objects that Keras cannot write.
        """
        if not str(filepath).endswith(".keras"):
            raise UserError(
                "Expected a path that ends in .keras; for weights alone"
                f" `save_weights('model.weights.h5')`. Received: {str(filepath)!r}"
            )
        networks = [getattr(self, role) for role in self.roles]
        layers = [layer for network in networks for layer in compat.flatten_layers(network)]
        unknown = [
            kind
            for kind in {type(layer) for layer in (self, *layers)}
            if kind.__module__.partition(".")[0] != "keras"
            and keras.saving.get_registered_name(kind) == kind.__name__
        ]
        for each in [*unknown, *(self.unregistered_functions() if self.objectives else ())]:
            warn(
                f"{each!r} is saved by its name alone. Register it with"
                " keras.saving.register_keras_serializable, or give load_model"
                " `custom_objects`; otherwise the file cannot be loaded. A lambda needs a name, or"
                " load_model(..., safe_mode=False)."
            )
        try:
            keras.saving.serialize_keras_object(self)  # Before a file is replaced.
        except TypeError as error:
            raise UserError(
                f"The model cannot be saved: {reason(error)}. Expected functions, and objects with"
                " get_config, for losses, penalties and augmentations"
            ) from error
        warn_of_forgotten(self)
        super().save(filepath, *args, **kwargs)

    def unregistered_functions(self) -> list:
        """Returns the user's functions that a saved file cannot bring back."""
        return []

    def get_config(self):
        names = {"class_names": self.class_names} if self.class_names else {}
        return names | {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "moving_average": keras.saving.serialize_keras_object(self.moving_average),
            "data_range": self.data_range,
            "seed": self.seed,
            "name": self.name,
        }

    def get_compile_config(self):
        if not self.compiled:
            return {}
        return {
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.requested_steps_per_execution,
            "jit_compile": self.requested_jit_compile,
        }

    @classmethod
    def from_config(cls, config):
        config = keras.saving.deserialize_keras_object(config)
        own = "class_names" in arguments_of(cls, "__init__")
        names = () if own else config.pop("class_names", ())
        model = cls(**config)
        if names:
            model.class_names = tuple(names)
        return model

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
