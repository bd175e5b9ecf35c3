"""Where the steps run: one loop of many steps a call, on one device or on many.

On one device the loop is a single program, XLA-compiled where that pays: the batches of
a call are gathered first, then all steps run without leaving it. With replicas, each
step runs under `tf.distribute.Strategy.run`; the compute part of each update is a
program of its own and the sums over replicas stand outside it, because collectives
inside XLA programs do not exist for every device.
"""

import contextlib
import faulthandler
import itertools
import json
import logging
import os
import sys

import keras
import tensorflow as tf

# Only here can determinism be looked up, and switched off again.
from tensorflow.python.framework import config as framework_config

from tf_gan.errors import UserError
from tf_gan.layers import UpsampleConv2D

CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    UpsampleConv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)


STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker", "tpu")
HEARTBEAT = 20  # Seconds without a sign of life after which a worker counts as lost.


def strategy(name: str = "auto", tpu: str = "", timeout: int = 300) -> tf.distribute.Strategy:
    """Returns the `tf.distribute` strategy of a name. Build and compile models in its
    scope.

    Args:
        name: `"auto"`: the cluster of the environment variable TF_CONFIG if it is set,
            else all GPUs if there are several, else one device. `"one_device"`: the
            first GPU, or the CPU. `"mirrored"`: all GPUs of this host, or all its
            logical CPU devices. `"multi_worker"`: the cluster of TF_CONFIG; to be
            called before TensorFlow is used. `"tpu"`: a TPU.
        tpu: Name or address of the TPU; empty for the one of this host.
        timeout: Seconds to wait for the other workers, at the start and at the end; a
            process whose cluster does not come about ends with exit code 1.

    Raises:
        ValueError: for an unknown name, or a device or cluster that is not there.
    """
    if name not in STRATEGIES:
        raise UserError(f"Unknown strategy. Expected one of {STRATEGIES}. Received: {name!r}")
    if name == "multi_worker" or (name == "auto" and "TF_CONFIG" in os.environ):
        return _multi_worker(timeout)
    if name == "tpu":
        return _tpu(tpu)
    gpus = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(gpus) > 1):
        devices = gpus or tf.config.list_logical_devices("CPU")
        if len(devices) < 2:
            logging.warning(
                "--strategy=mirrored found one device only, %s: it does what one_device does,"
                " somewhat slower.",
                devices[0].name,
            )
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    return tf.distribute.get_strategy()


def _tpu(name: str) -> tf.distribute.Strategy:
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect(name or "local")
    except (ValueError, tf.errors.OpError) as error:
        raise UserError(f"No TPU found for tpu={name!r}. {str(error).splitlines()[0]}") from error
    return tf.distribute.TPUStrategy(resolver)


def _multi_worker(timeout: int) -> tf.distribute.Strategy:
    cluster, task = _read_cluster()
    hosts = ", ".join(host for hosts in cluster.values() for host in hosts)
    message = (
        f"Worker {task} joins the cluster of {hosts}. If the others do not come within {timeout} s,"
        " it ends with exit code 1: check then that every worker has been started, that each can"
        " reach the others' ports, and that no other process uses them."
    )
    # Not public, but the only place for this time limit: without it a worker that is
    # the first to finish ends in an error.
    from tensorflow.python.distribute.collective_all_reduce_strategy import coordination_config_pb2
    from tensorflow.python.eager import context

    context.context().configure_coordination_service(
        "standalone",
        service_leader=f"/job:{'chief' if 'chief' in cluster else 'worker'}/replica:0/task:0",
        coordinated_jobs=[
            coordination_config_pb2.CoordinatedJob(name=job, num_tasks=len(members))
            for job, members in cluster.items()
        ],
        cluster_register_timeout_in_ms=1000 * timeout,
        heartbeat_timeout_in_ms=1000 * HEARTBEAT,
        shutdown_barrier_timeout_in_ms=1000 * timeout,
    )
    print(message, file=sys.stderr, flush=True)
    # The constructor waits without a limit, in C++ and with Python's lock, for workers
    # that do not come; this watch needs no lock.
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(timeout, exit=True, file=nowhere)
        try:
            return tf.distribute.MultiWorkerMirroredStrategy()
        except (tf.errors.OpError, RuntimeError) as error:
            raise UserError(
                f"Worker {task} could not join the cluster of {hosts}. {str(error).splitlines()[0]}"
            ) from error
        finally:
            faulthandler.cancel_dump_traceback_later()


def _read_cluster() -> tuple[dict[str, list[str]], str]:
    """Returns the jobs of TF_CONFIG with their hosts, and what this process is, such as
    `worker 1`.
    """
    example = (
        '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
        '"task": {"type": "worker", "index": 0}}'
    )
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        cluster, kind, index = (
            config["cluster"],
            config["task"]["type"],
            int(config["task"]["index"]),
        )
        if set(cluster) - {"chief", "worker"} or not all(
            isinstance(host, str) and ":" in host for hosts in cluster.values() for host in hosts
        ):
            raise UserError("the jobs are chief and worker, with a list of host:port each")
        cluster[kind][index]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        reason = f"{type(error).__name__}: {error}" if text else "it is not set"
        raise UserError(
            "Expected the environment variable TF_CONFIG to describe the cluster, such as"
            f" {example}. Received: {text!r} ({reason})"
        ) from error
    return cluster, f"{kind} {index}"


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes the files: true but for all workers other
    than the first.
    """
    resolver = strategy.cluster_resolver
    if (
        resolver is None
        or isinstance(strategy, tf.distribute.TPUStrategy)
        or not resolver.task_type
    ):
        return True
    return resolver.task_type == "chief" or (
        resolver.task_id == 0 and "chief" not in resolver.cluster_spec().jobs
    )


def is_replicated(model: keras.Model) -> bool:
    """Returns whether the model was made in the scope of a strategy for several
    devices.
    """
    return isinstance(
        model.distribute_strategy,
        (
            tf.distribute.MirroredStrategy,
            tf.distribute.MultiWorkerMirroredStrategy,
            tf.distribute.TPUStrategy,
        ),
    )


def has_synchronized_layers(model: keras.Model) -> bool:
    """Returns whether a layer exchanges values between the replicas in its forward
    pass.
    """
    return any(getattr(layer, "synchronized", False) for layer in model._flatten_layers())


def xla_per_replica(model: keras.Model) -> bool:
    """Returns whether the compute part of each update is an XLA program of its own: on
    replicas, unless the strategy compiles the whole step.
    """
    on_tpu = isinstance(model.distribute_strategy, tf.distribute.TPUStrategy)
    return is_replicated(model) and not on_tpu and model.jit_compile and not model.run_eagerly


def xla_optimizer(model: keras.Model) -> bool:
    """Returns whether the optimizers' arithmetic is an XLA program of its own: on one
    device, where the networks are faster without XLA.
    """
    return model.requested_jit_compile == "auto" and not (
        model.jit_compile or model.run_eagerly or is_replicated(model)
    )


def should_use_xla(model: keras.Model) -> bool:
    """Returns whether XLA is the faster choice for a model's step on this machine.

    On accelerators it is. On a CPU it is for dense layers; XLA's CPU convolutions are
    slower than the ones TensorFlow otherwise uses. It cannot be used where layers
    exchange values between replicas.
    """
    if is_replicated(model) and has_synchronized_layers(model):
        return False
    if any(device.device_type != "CPU" for device in tf.config.list_logical_devices()):
        return True
    return not any(isinstance(layer, CONVOLUTIONS) for layer in model._flatten_layers())


def mean_over_replicas(values):
    """Returns the mean over the replicas of each float tensor of a structure; the same
    on all of them.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1 or not tf.nest.flatten(values):
        return values
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, values)


def gather_over_replicas(values):
    """Returns each tensor of a structure with those of all replicas joined along the
    batch, in their order; the same on all of them.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    return context.all_gather(values, axis=0)


def agree_on_overflow(gradients: list) -> list:
    """Returns the gradients, all NaN if one overflowed on one replica: loss scaling
    looks at them before the sum, each replica for itself.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return gradients
    zero_or_nan = tf.add_n(
        [tf.reduce_sum(gradient * 0.0) for gradient in gradients if gradient is not None]
    )
    zero_or_nan = context.all_reduce(tf.distribute.ReduceOp.SUM, zero_or_nan)
    return [None if gradient is None else gradient + zero_or_nan for gradient in gradients]


def check_clipping(model: keras.Model, optimizers: list) -> None:
    """Raises a ValueError for optimizers that clip gradients under a strategy with
    several replicas: Keras clips before it sums over them.
    """
    if model.distribute_strategy.num_replicas_in_sync == 1:
        return
    for optimizer in optimizers:
        clips = [
            name
            for name in ("clipnorm", "global_clipnorm", "clipvalue")
            if getattr(optimizer, name, None) is not None
        ]
        if clips:
            raise UserError(
                "Gradients would be clipped on each replica, before their sum, which is not what"
                " one device does. Expected optimizers without clipping under a strategy with"
                f" several replicas. Received: {clips[0]}={getattr(optimizer, clips[0])}"
            )


def check_agreement(strategy: tf.distribute.Strategy, step: int) -> None:
    """Raises a ValueError, on all workers, if they do not start from the same step:
    they would wait for each other for ever.
    """
    if strategy.num_replicas_in_sync > 1:
        total = strategy.reduce("SUM", strategy.run(lambda: tf.constant(step, tf.int64)), axis=None)
        if int(total) != step * strategy.num_replicas_in_sync:
            raise UserError(
                f"The workers start from different steps (this one from {step}). Expected a run"
                " directory that all of them see, on a shared disk."
            )


def has_several_workers(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether the replicas are spread over processes."""
    return getattr(strategy.extended, "_in_multi_worker_mode", lambda: False)()


def any_worker(strategy: tf.distribute.Strategy, flag: bool) -> bool:
    """Returns whether the flag is set on any of the workers; all of them call this at
    the same step.
    """
    if not has_several_workers(strategy):
        return flag
    return (
        float(strategy.reduce("SUM", strategy.run(lambda: tf.constant(float(flag))), axis=None)) > 0
    )


@contextlib.contextmanager
def deterministic(enabled: bool):
    """Holds TensorFlow's ops to be deterministic while the context lasts, which matters
    where XLA does not compile them.
    """
    if not enabled or framework_config.is_op_determinism_enabled():
        yield
        return
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        framework_config.disable_op_determinism()


class WorkerLost(RuntimeError):
    """Another worker of the cluster ended, or cannot be reached."""


@contextlib.contextmanager
def lost_workers_named(strategy: tf.distribute.Strategy):
    """Raises a WorkerLost in place of what TensorFlow raises, anywhere, when another
    worker is lost.
    """
    try:
        yield
    except tf.errors.OpError as error:
        if not has_several_workers(strategy):
            raise
        raise WorkerLost(
            "Another worker was lost, so this one ends"
            f" ({str(error.message).strip().splitlines()[0]}). What was saved is intact: start all"
            " workers again with the same command, and they go on from the last checkpoint."
        ) from error


def make_function(model: keras.Model, step, next_steps, check_epoch=lambda: None):
    """Returns what `keras.Model.fit` and `evaluate` call: a function of an iterator
    that runs several steps.

    Args:
        model: A compiled model; `run_eagerly`, `jit_compile`, `steps_per_execution` and
            its strategy decide the form.
        step: `model.train_step` or `model.test_step`.
        next_steps: Function that returns how many steps the next call is to run, from 0
            to `steps_per_execution`.
        check_epoch: Function to call where the data ended.
    """
    strategy = model.distribute_strategy

    def run(batch):
        logs = strategy.run(step, args=(batch,))
        return tf.nest.map_structure(
            lambda value: strategy.experimental_local_results(value)[0], logs
        )

    if model.run_eagerly:
        one_step, many_steps = run, None
    elif is_replicated(model):
        one_step, many_steps = tf.function(run, autograph=False), _many_replicated_steps(model, run)
    else:
        one_step = tf.function(step, jit_compile=model.jit_compile, autograph=False)
        many_steps = _many_steps(model, step)

    def function(iterator):
        steps = next_steps()
        if steps == 0:
            return model.get_metrics_result()
        if (
            many_steps is not None
            and model.steps_per_execution > 1
            and _has_static_shapes(iterator)
        ):
            steps = tf.constant(steps)
            logs = many_steps(iterator, steps)
        else:
            logs = None
            for batch in itertools.islice(iterator, steps):
                logs = one_step(batch)
        if logs is None:
            check_epoch()
            raise StopIteration
        return logs

    return function


def _many_steps(model, step):
    """Returns a function of an iterator of equal batches that runs the given number of
    steps in one program.
    """

    @tf.function(jit_compile=model.jit_compile, autograph=False)
    def run(batches, count):
        names = []

        def body(index):
            names[:] = step(tf.nest.map_structure(lambda batch: batch[index], batches))
            return [index + 1]

        tf.while_loop(lambda index: index < count, body, [0], parallel_iterations=1)
        return {name: model.trackers[name].result() for name in names}

    @tf.function(autograph=False)
    def gather(iterator, steps):
        """Returns up to `steps` batches as rows, zeros where the data ended, and their
        number.
        """
        spec = iterator.element_spec

        def take(index, arrays, _):
            batch = iterator.get_next_as_optional()

            def write():
                values = tf.nest.flatten(batch.get_value())
                return (
                    index + 1,
                    [
                        array.write(index, value)
                        for array, value in zip(arrays, values, strict=True)
                    ],
                    True,
                )

            return tf.cond(batch.has_value(), write, lambda: (index, arrays, False))

        arrays = [
            tf.TensorArray(s.dtype, model.steps_per_execution, element_shape=s.shape)
            for s in tf.nest.flatten(spec)
        ]
        count, arrays, _ = tf.while_loop(
            lambda index, _, more: tf.logical_and(more, index < steps),
            take,
            [0, arrays, True],
            parallel_iterations=1,
        )
        return tf.nest.pack_sequence_as(spec, [array.stack() for array in arrays]), count

    def function(iterator, steps):
        batches, count = gather(iterator, steps)
        return run(batches, count) if count > 0 else None

    return function


def _many_replicated_steps(model, run):
    """The same on replicas: a loop around `Strategy.run`."""

    @tf.function(autograph=False)
    def loop(iterator, steps):
        names = []

        def body(index):
            names[:] = run(iterator.get_next())
            return [index + 1]

        tf.while_loop(lambda index: index < steps, body, [0], parallel_iterations=1)
        return {name: model.trackers[name].result() for name in names}

    return lambda iterator, steps: loop(iterator, steps) if steps > 0 else None


def _has_static_shapes(iterator) -> bool:
    spec = getattr(iterator, "element_spec", None)
    return spec is not None and all(
        isinstance(s, tf.TensorSpec) and s.shape.is_fully_defined() for s in tf.nest.flatten(spec)
    )
