"""Strategies by name: one device, all GPUs of a host, a cluster, a TPU; and workers that are
lost.
"""

import contextlib
import faulthandler
import json
import logging
import os
import sys

import tensorflow as tf

from tf_gan import compat
from tf_gan.choices import STRATEGIES
from tf_gan.errors import UserError, WorkerLost, integer, reason

TIMEOUT = 300  # Seconds to wait for the other workers.
HEARTBEAT = 20  # Seconds without a sign of life after which a worker counts as lost.
# What TensorFlow raises then.
LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,  # The other worker has started again.
    tf.errors.UnavailableError,
)


def strategy(name: str = "auto", tpu: str = "", timeout: int = TIMEOUT) -> tf.distribute.Strategy:
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
        ValueError: for an unknown name, a device or cluster that is not there, or a `tpu`
            or `timeout` that the strategy does not use.
    """
    if name not in STRATEGIES:
        raise UserError(f"Unknown strategy. Expected one of {STRATEGIES}. Received: {name!r}")
    several_workers = name == "multi_worker" or (name == "auto" and "TF_CONFIG" in os.environ)
    if tpu and name != "tpu":
        raise UserError(
            f"--tpu={tpu} is for --strategy=tpu. Expected both or neither. Received:"
            f" --strategy={name}"
        )
    if timeout != TIMEOUT and not several_workers:
        raise UserError(
            f"--worker_timeout={timeout} is for --strategy=multi_worker. Expected both or neither."
            f" Received: --strategy={name}"
        )
    if several_workers:
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
        raise UserError(f"No TPU found for tpu={name!r}. {reason(error)}") from error
    return tf.distribute.TPUStrategy(resolver)


def _multi_worker(timeout: int) -> tf.distribute.Strategy:
    cluster, task = _read_cluster()
    hosts = ", ".join(host for hosts in cluster.values() for host in hosts)
    message = (
        f"Worker {task} joins the cluster of {hosts}. If the others do not come within {timeout} s,"
        " it ends with exit code 1: check then that every worker has been started, that each can"
        " reach the others' ports, and that no other process uses them."
    )
    # Without this time limit a worker that is the first to finish ends in an error.
    compat.configure_coordination_service(
        {job: len(members) for job, members in cluster.items()},
        leader=f"/job:{'chief' if 'chief' in cluster else 'worker'}/replica:0/task:0",
        register_timeout_s=timeout,
        heartbeat_s=HEARTBEAT,
        shutdown_timeout_s=timeout,
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
                f"Worker {task} could not join the cluster of {hosts}. {reason(error)}"
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
            config["task"]["index"],
        )
        index = integer("index", int(index) if isinstance(index, str) else index, 0)
        if set(cluster) - {"chief", "worker"} or not all(
            isinstance(host, str) and ":" in host for hosts in cluster.values() for host in hosts
        ):
            raise UserError("the jobs are chief and worker, with a list of host:port each")
        cluster[kind][index]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        problem = f"{type(error).__name__}: {error}" if text else "it is not set"
        raise UserError(
            "Expected the environment variable TF_CONFIG to describe the cluster, such as"
            f" {example}. Received: {text!r} ({problem})"
        ) from error
    return cluster, f"{kind} {index}"


def worker_suffix(strategy: tf.distribute.Strategy) -> str:
    """Returns what tells the files of this process from those of the other workers: empty
    for the one that `is_chief`, else such as `_worker_1`.
    """
    if is_chief(strategy):
        return ""
    resolver = strategy.cluster_resolver
    return f"_{resolver.task_type}_{resolver.task_id}"


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes the files of all: true except in workers
    other than the first.
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
    return compat.in_multi_worker_mode(strategy)


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
    if not enabled or compat.is_op_determinism_enabled():
        yield
        return
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        compat.disable_op_determinism()


@contextlib.contextmanager
def lost_workers_named(strategy: tf.distribute.Strategy):
    """Raises a WorkerLost in place of what TensorFlow raises, anywhere, when another
    worker is lost.
    """
    try:
        yield
    except LOST as error:
        if not has_several_workers(strategy):
            raise
        raise WorkerLost(
            f"Another worker was lost, so this one ends ({reason(error)}). What was saved is"
            " intact: start all workers again with the same command; they resume from the last"
            " checkpoint."
        ) from error
