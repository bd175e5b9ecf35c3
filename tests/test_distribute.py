"""One step on every strategy: two logical CPU devices here, two processes over loopback
below.
"""

import json
import os
import socket
import subprocess
import sys
import time
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit
from support.command import command, python, together
from support.networks import dtype_policy
from support.routine import check_same_copies, state

import tf_gan
from tf_gan import compat, distribute
from tf_gan.callbacks import checkpoints, metrics_log
from tf_gan.errors import UserError, WorkerLost
from tf_gan.training import replicas, xla

IMAGES = np.random.default_rng(0).uniform(-1, 1, (320, 8, 8, 1)).astype(np.float32)
UNSYNCHRONIZED = {"synchronized": False, "k": 1, "penalties": ("wgan_gp",)}


def train(
    strategy,
    *,
    steps=20,
    synchronized=True,
    k=2,
    penalties=("r1", "wgan_gp"),
    data=IMAGES,
    **arguments,
):
    """Trains a small GAN with BatchNormalization for a number of steps."""
    layers = keras.layers
    with strategy.scope():
        keras.utils.set_random_seed(0)
        generator = keras.Sequential(
            [
                keras.Input((16,)),
                # A bias here would have no gradient but rounding, which Adam makes
                # large.
                layers.Dense(32, use_bias=False),
                layers.BatchNormalization(synchronized=synchronized),
                layers.LeakyReLU(0.2),
                layers.Dense(64, activation="tanh"),
                layers.Reshape((8, 8, 1)),
            ]
        )
        discriminator = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Flatten(),
                layers.Dense(32),
                layers.LeakyReLU(0.2),
                layers.Dense(1),
            ]
        )
        gan = tf_gan.GAN(generator, discriminator, 16, moving_average=0.9)
        gan.compile(discriminator_steps=k, penalties=list(penalties), **arguments)
    epochs = 1 if steps else 0
    history = gan.fit(data, batch_size=32, steps_per_epoch=steps or 1, epochs=epochs, verbose=0)
    return gan, history.history


def largest_relative_difference(one, other) -> float:
    differences = [
        np.abs(a - b).max() / max(np.abs(a).max(), 1e-30) for a, b in zip(one, other, strict=True)
    ]
    return float(np.max(differences))  # Python's max would pass over NaN.


@pytest.fixture(scope="module")
def one_replica():
    return train(tf.distribute.get_strategy(), jit_compile=False)


@pytest.fixture(scope="module")
def two_replicas(mirrored):
    return train(mirrored, jit_compile=False)


@pytest.fixture(scope="module")
def unsynchronized(mirrored):
    """Two replicas with batch statistics of their own; what is kept is their mean."""
    return train(mirrored, **UNSYNCHRONIZED, jit_compile=False, steps_per_execution=5)[0]


@pytest.fixture(scope="module")
def after_one_step(mirrored):
    return train(mirrored, steps=1, k=1, penalties=())[0]


def test_two_replicas_do_what_one_does(one_replica, two_replicas):
    assert largest_relative_difference(state(one_replica[0]), state(two_replicas[0])) < 1e-5
    for name, values in one_replica[1].items():
        assert two_replicas[1][name] == pytest.approx(values, rel=1e-4), name


def conditional(condition):
    """Returns the players of a GAN of 8x8 images of five classes."""
    shape, small = (8, 8, 1), {"filters": 4, "units": 8, "kernel_size": 3}
    if condition == "one_hot":
        one_hot = tf_gan.networks.get("conditional_one_hot")
        return (
            one_hot.build_generator(shape, 4, 5, units=16),
            one_hot.build_discriminator(shape, 5, units=16),
        )
    networks = tf_gan.networks.get("conditional_dcgan")
    players = (
        networks.build_generator(shape, 4, 5, **small, activation="tanh"),
        networks.build_discriminator(shape, 5, **small, condition=condition),
    )
    for player in players:
        for layer in player.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
    return players


@pytest.mark.parametrize(
    "condition",
    [
        "one_hot",
        pytest.param("projection", marks=pytest.mark.slow),
        pytest.param("classifier", marks=pytest.mark.slow),
    ],
)
def test_two_replicas_share_out_the_labels_with_the_images(mirrored, condition):
    """Labels that came to other images would give D's reals another loss at once."""
    images, data_range = IMAGES, (-1, 1)
    if condition == "one_hot":
        images, data_range = 0.5 * IMAGES + 0.5, (0, 1)
    examples = tf_gan.data.Examples(images, np.arange(len(images)) % 5, data_range)
    states = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        with strategy.scope():
            keras.utils.set_random_seed(0)
            players = conditional(condition)
            gan = tf_gan.ConditionalGAN(*players, latent_dim=4, num_classes=5, moving_average=0.9)
            # Plain descent: Adam would scale up the gradients that are nothing but
            # rounding.
            gan.compile(
                *(keras.optimizers.SGD(0.1, momentum=0.5) for _ in range(2)), discriminator_steps=2
            )
        history = gan.fit(examples, batch_size=32, steps_per_epoch=5, verbose=0).history
        states.append((state(gan), history))
    assert largest_relative_difference(states[0][0], states[1][0]) < 1e-4
    assert {name: values[-1] for name, values in states[1][1].items()} == pytest.approx(
        {n: v[-1] for n, v in states[0][1].items()}, rel=1e-4
    )


@pytest.mark.slow
def test_a_dataset_of_batches_is_shared_out_alike(mirrored):
    dataset = tf.data.Dataset.from_tensor_slices(IMAGES).batch(32).repeat()
    one, two = (
        train(strategy, steps=5, data=dataset, penalties=(), jit_compile=False)[0]
        for strategy in (tf.distribute.get_strategy(), mirrored)
    )
    assert largest_relative_difference(state(one), state(two)) < 1e-5


def test_replicas_hold_the_same_values(mirrored, unsynchronized):
    check_same_copies(mirrored, unsynchronized)


@pytest.mark.slow
def test_steps_per_call_change_nothing(mirrored, two_replicas):
    ten, _ = train(mirrored, steps_per_execution=10, jit_compile=False)
    # Two programs, which round differently.
    assert largest_relative_difference(state(two_replicas[0]), state(ten)) < 1e-6


@pytest.mark.slow
def test_xla_parts_agree_with_plain_ones(mirrored, unsynchronized):
    compiled, _ = train(mirrored, **UNSYNCHRONIZED, jit_compile=True, steps_per_execution=5)
    assert largest_relative_difference(state(unsynchronized), state(compiled)) < 1e-4


@pytest.mark.usefixtures("automatic_xla")
def test_the_optimizers_run_with_xla_where_the_networks_do_not(monkeypatch, one_replica):
    monkeypatch.setattr(xla, "should_use_xla", lambda model: False)  # As for convolutions.
    gan, _ = train(tf.distribute.get_strategy(), jit_compile="auto")
    assert not gan.jit_compile
    assert largest_relative_difference(state(one_replica[0]), state(gan)) < 1e-5
    assert xla.xla_optimizer(gan) and not xla.xla_optimizer(one_replica[0])


def test_xla_is_refused_where_layers_synchronise(mirrored):
    with pytest.raises(UserError, match="synchronized=True"):
        train(mirrored, jit_compile=True)


@pytest.mark.slow
def test_float16_keeps_one_loss_scale(mirrored):
    with dtype_policy("mixed_float16"):
        gan, _ = train(mirrored, steps=5, **UNSYNCHRONIZED)
    scales = [
        copy.numpy()
        for copy in mirrored.experimental_local_results(gan.generator_optimizer.dynamic_scale.value)
    ]
    assert scales[0] == scales[1] > 1
    assert np.isfinite(gan.generate(4, seed=0)).all()


def test_a_gradient_that_overflows_on_one_replica_halves_the_loss_scale_of_both(mirrored):
    optimizer_of = {}

    def step():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        gradient = tf.where(tf.equal(replica, 1), np.inf, 1.0)
        gradients, _ = replicas.exchange([gradient], ())
        with compat.summed_gradients(optimizer_of["one"]):
            optimizer_of["one"].apply(gradients, [variable])

    with mirrored.scope():
        variable = keras.Variable(1.0)
        optimizer_of["one"] = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1.0))
        optimizer_of["one"].build([variable])
    tf.function(lambda: mirrored.run(step), autograph=False)()
    scales = [
        copy.numpy()
        for copy in mirrored.experimental_local_results(optimizer_of["one"].dynamic_scale.value)
    ]
    assert scales == [2.0**14, 2.0**14]
    assert variable.numpy() == 1.0


def test_evaluate_on_two_replicas(after_one_step):
    gan = after_one_step
    first = gan.evaluate(IMAGES, batch_size=32, verbose=0, return_dict=True)
    assert first == gan.evaluate(IMAGES, batch_size=32, verbose=0, return_dict=True)
    assert np.isfinite(list(first.values())).all()


def test_an_empty_share_of_the_last_batch_does_not_count(after_one_step):
    gan = after_one_step
    values = gan.evaluate(IMAGES[:33], batch_size=32, verbose=0, return_dict=True)
    logits = gan.discriminator.predict(IMAGES[:33], verbose=0)
    assert values["D(x)"] == pytest.approx(float(np.mean(expit(logits))), abs=1e-5)


def test_workers_that_start_from_different_steps_are_refused(mirrored, monkeypatch):
    distribute.check_agreement(mirrored, 7)
    monkeypatch.setattr(mirrored, "reduce", lambda *arguments, **named: tf.constant(7, tf.int64))
    with pytest.raises(UserError, match=r"this one from 7.*shared disk"):
        distribute.check_agreement(mirrored, 7)


def test_a_batch_that_does_not_divide(mirrored):
    with mirrored.scope():
        points = tf_gan.networks.get("points")
        gan = tf_gan.GAN(
            points.build_generator((2,), 2, units=(4,)),
            points.build_discriminator((2,), units=(4,)),
            2,
        )
        gan.compile()
    with pytest.raises(
        UserError,
        match=r"divides among 2 replicas. Received: batch_size=33. The nearest are 32 and 34",
    ):
        gan.fit(np.zeros((99, 2), np.float32), batch_size=33)
    with pytest.raises(UserError, match="divides among 2 replicas"):
        gan.fit(tf.data.Dataset.from_tensor_slices(np.zeros((99, 2), np.float32)).batch(33))


def test_strategies_by_name():
    assert distribute.strategy("one_device") is tf.distribute.get_strategy()
    assert distribute.strategy("mirrored").num_replicas_in_sync == 2
    with pytest.raises(UserError, match="one_device"):
        distribute.strategy("both")
    with pytest.raises(UserError, match="No TPU"):
        distribute.strategy("tpu")
    with pytest.raises(UserError, match=r"--tpu=mine is for .*Received: --strategy=auto"):
        distribute.strategy(tpu="mine")
    with pytest.raises(UserError, match=r"--worker_timeout=9 is for .*--strategy=mirrored"):
        distribute.strategy("mirrored", timeout=9)


def test_auto_takes_all_gpus_where_there_are_several(monkeypatch):
    devices, made = tf.config.list_logical_devices("CPU"), []
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", made.append)
    for gpus, expected in ((devices[:1], []), (devices, [[each.name for each in devices]])):
        monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind, found=gpus: found)
        distribute.strategy("auto")
        assert made == expected


def test_mirrored_says_that_there_is_one_device(monkeypatch, caplog):
    (device, *_) = tf.config.list_logical_devices("CPU")
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", list)
    monkeypatch.setattr(
        tf.config, "list_logical_devices", lambda kind: [device] if kind == "CPU" else []
    )
    assert distribute.strategy("mirrored") == [device.name]
    assert f"found one device only, {device.name}" in caplog.text


def test_determinism_that_was_asked_for_before_stays():
    with distribute.deterministic(False):
        assert not compat.is_op_determinism_enabled()
    with distribute.deterministic(True):
        assert compat.is_op_determinism_enabled()
        with distribute.deterministic(True):
            pass
        assert compat.is_op_determinism_enabled()
    assert not compat.is_op_determinism_enabled()


def test_the_whole_step_is_one_xla_program_of_static_shapes():
    """What a TPU asks for: no dynamic dimension, and no way out to the host."""
    gan, _ = train(tf.distribute.get_strategy(), steps=0, jit_compile=True)
    gan.make_train_function()
    step = tf.function(gan.train_step, jit_compile=True, autograph=False)
    hlo = step.experimental_get_compiler_ir(tf.constant(IMAGES[:64]))(stage="hlo")
    assert "f32[32,8,8,1]" in hlo  # D's minibatch in each of its two steps.
    for host in ("infeed", "outfeed", "send(", "recv(", "custom-call", "<="):
        assert host not in hlo, host


@pytest.mark.slow
def test_memory_stays_flat():
    """5,000 steps after the first 1,000 take no more than a hundredth of the memory
    that is in use.
    """
    code = """
import keras, psutil, tf_gan
points = tf_gan.networks.get("points")
generator, discriminator = points.build_generator((2,), 2), points.build_discriminator((2,))
gan = tf_gan.GAN(generator, discriminator, 2, moving_average=0.9)
gan.compile(steps_per_execution=10, jit_compile=True)
sizes = []
class Size(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        sizes.append(psutil.Process().memory_info().rss)
gan.fit(tf_gan.data.ring(64_000), batch_size=64, epochs=6, verbose=0, callbacks=[Size()])
print(sizes[-1] / sizes[0])
"""
    result = python(code)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) < 1.01


# === Two workers ===


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "it is not set"),
        ("{", "JSONDecodeError"),
        ('{"cluster": {"worker": ["localhost:1"]}}', "KeyError: 'task'"),
        (
            '{"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker", "index": 1}}',
            "IndexError",
        ),
        (
            '{"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker", "index": -1}}',
            "index=-1",
        ),
        (
            '{"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker", "index": 0.7}}',
            "index=0.7",
        ),
        (
            '{"cluster": {"ps": ["localhost:1"]}, "task": {"type": "ps", "index": 0}}',
            "the jobs are chief and worker",
        ),
        (
            '{"cluster": {"worker": ["localhost"]}, "task": {"type": "worker", "index": 0}}',
            "host:port",
        ),
    ],
)
def test_malformed_clusters(monkeypatch, text, message):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text is not None:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UserError, match=f"TF_CONFIG to describe the cluster.*{message}"):
        distribute.strategy("multi_worker")


@pytest.mark.parametrize(
    ("jobs", "leader"), [({"worker": 2}, "worker"), ({"worker": 2, "chief": 1}, "chief")]
)
def test_a_cluster_has_its_leader_and_its_limits(monkeypatch, capsys, jobs, leader):
    configured = []
    monkeypatch.setattr(
        compat,
        "configure_coordination_service",
        lambda counts, **limits: configured.append((counts, limits)),
    )
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", lambda: "strategy")
    for name in ("dump_traceback_later", "cancel_dump_traceback_later"):
        monkeypatch.setattr(distribute.faulthandler, name, lambda *_, **__: None)
    hosts = {job: [f"{job}{number}:1" for number in range(count)] for job, count in jobs.items()}
    task = {"type": "worker", "index": "1"}  # Some schedulers write numbers as text.
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": hosts, "task": task}))
    assert distribute.strategy("auto", timeout=9) == "strategy"
    limits = {"register_timeout_s": 9, "heartbeat_s": 20, "shutdown_timeout_s": 9}
    assert configured == [(jobs, {"leader": f"/job:{leader}/replica:0/task:0"} | limits)]
    assert "Worker worker 1 joins the cluster of worker0:1, worker1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("jobs", "task", "number", "suffix"),
    [
        (["worker"], "worker", 0, ""),
        (["worker"], "worker", 1, "_worker_1"),
        (["chief", "worker"], "chief", 0, ""),
        (["chief", "worker"], "worker", 0, "_worker_0"),
        ([], "", 0, ""),
    ],
)
def test_one_process_of_a_cluster_is_the_chief(jobs, task, number, suffix):
    spec = types.SimpleNamespace(jobs=jobs)
    resolver = types.SimpleNamespace(task_type=task, task_id=number, cluster_spec=lambda: spec)
    strategy = types.SimpleNamespace(cluster_resolver=resolver)
    assert distribute.is_chief(strategy) == (suffix == "")
    assert distribute.worker_suffix(strategy) == suffix


@pytest.mark.slow
def test_missing_worker_times_out():
    cluster = {
        "cluster": {"worker": [f"localhost:{port}" for port in free_ports(2)]},
        "task": {"type": "worker", "index": 0},
    }
    result = command(
        "train",
        "--strategy=multi_worker",
        "--worker_timeout=3",
        environment={"TF_CONFIG": json.dumps(cluster)},
        timeout=60,
    )
    assert result.returncode == 1
    assert (
        "Worker worker 0 joins the cluster" in result.stderr
        and "do not come within 3 s" in result.stderr
    )
    assert "Traceback" not in result.stderr


def free_ports(n: int) -> list[int]:
    sockets = [socket.socket() for _ in range(n)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def cluster_of_two() -> list[dict]:
    """Returns the environments of the two workers of a cluster."""
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    return [
        {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})}
        for index in range(2)
    ]


def start_two_workers(*command: str) -> list[subprocess.Popen]:
    """Starts `python *command` as the two workers of a cluster."""
    return [
        subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        for environment in cluster_of_two()
    ]


def on_two_workers(*command: str, timeout: int = 300) -> list[subprocess.CompletedProcess]:
    """Runs `python *command` as the two workers of a cluster."""
    results = []
    for worker in start_two_workers(*command):
        out, error = worker.communicate(timeout=timeout)
        results.append(subprocess.CompletedProcess(worker.args, worker.returncode, out, error))
    return results


WORKER = """
import os
import pathlib
import sys
import keras
import numpy as np
import tensorflow as tf
from tf_gan import distribute
from tf_gan.fast import fastest
from tf_gan.fast.layers import fast_layers
strategy = distribute.strategy("multi_worker")
sys.path.append(sys.argv[1])
import test_distribute
from support import routine
gan, _ = test_distribute.train(strategy, jit_compile=False)
index = strategy.cluster_resolver.task_id
np.savez(f"{sys.argv[2]}/{index}.npz", *routine.state(gan))
gan, _ = test_distribute.train(strategy, steps=0, **test_distribute.UNSYNCHRONIZED)
print("all-reduces:", routine.all_reduces(strategy, gan, test_distribute.IMAGES[:16]))

os.environ |= {"TF_GAN_MEASURE": "1", "TF_GAN_CACHE": sys.argv[2]}
layer = keras.layers.Conv2D(1, 3, padding="same")
layer.build((None, 8, 8, 6))
forms = pathlib.Path(sys.argv[2], f"forms{distribute.worker_suffix(strategy)}.json")
step = tf.function(lambda: strategy.run(lambda: layer(tf.ones((2, 8, 8, 6)))))
with fastest.recorded(forms), fast_layers([layer]):
    step()
"""


def test_two_workers_do_what_one_process_does(one_replica, tmp_path):
    for result in together(WORKER, ["-c", Path(__file__).parent, tmp_path], cluster_of_two()):
        assert result.returncode == 0, result.stderr
        # One for D's update and one for G's: gradients, logs and statistics together.
        assert "all-reduces: 2" in result.stdout
    states = []
    for index in range(2):
        with np.load(tmp_path / f"{index}.npz") as file:
            states.append([file[name] for name in file.files])
    assert largest_relative_difference(states[0], states[1]) == 0
    assert largest_relative_difference(state(one_replica[0]), states[0]) < 1e-5
    for name in ("forms.json", "forms_worker_1.json"):  # Each has the fastest form of its own.
        assert len(json.loads((tmp_path / name).read_text())) == 2  # oneDNN's state, and this.


def test_other_errors_of_a_worker_are_its_own(mirrored, monkeypatch):
    monkeypatch.setattr(distribute, "has_several_workers", lambda strategy: True)
    for error, expected in (
        (tf.errors.ResourceExhaustedError(None, None, "no memory"), tf.errors.OpError),
        (tf.errors.UnavailableError(None, None, "connection reset"), WorkerLost),
    ):
        with pytest.raises(expected, match=error.message), distribute.lost_workers_named(mirrored):
            raise error
    alone = tf.distribute.get_strategy()
    monkeypatch.undo()
    with pytest.raises(tf.errors.UnavailableError), distribute.lost_workers_named(alone):
        raise tf.errors.UnavailableError(None, None, "no file system")


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1])
def test_a_worker_that_is_killed_ends_the_other_one_and_a_new_cluster_goes_on(tmp_path, lost):
    arguments = [
        "-m",
        "tf_gan.cli.train",
        "--strategy=multi_worker",
        f"--workdir={tmp_path}",
        "--config.checkpoint_every=1",
        "--config.samples=4",
    ]
    workers = start_two_workers(*arguments)
    deadline = time.monotonic() + 300
    while not list(tmp_path.glob("checkpoints/*.index")) and time.monotonic() < deadline:
        time.sleep(0.1)
    workers[lost].kill()
    began = time.monotonic()
    _, error = workers[1 - lost].communicate(timeout=120)
    print(f"The other worker ended after {time.monotonic() - began:.0f} s")
    assert workers[1 - lost].returncode == 1
    assert (
        "Another worker was lost" in error and "same command" in error and "Traceback" not in error
    )
    workers[lost].communicate()
    for result in on_two_workers(
        *arguments, f"--config.epochs={checkpoints.steps(tmp_path / 'checkpoints')[-1] // 28 + 1}"
    ):
        assert result.returncode == 0, result.stderr
    lines = metrics_log.read(tmp_path / "metrics.jsonl")
    assert [line["step"] for line in lines] == [28 * (epoch + 1) for epoch in range(len(lines))]


@pytest.mark.slow
def test_the_train_binary_on_two_workers_with_all_callbacks_and_going_on(tmp_path):
    arguments = [
        "-m",
        "tf_gan.cli.train",
        "--strategy=multi_worker",
        f"--workdir={tmp_path}",
        "--config.checkpoint_every=1",
        "--config.samples=4",
    ]
    for epochs in (1, 2):
        for result in on_two_workers(*arguments, f"--config.epochs={epochs}"):
            assert result.returncode == 0, result.stderr
            assert "heartbeat" not in result.stderr.lower()
        assert (tmp_path / f"samples/epoch_{epochs:04d}.png").exists()
    lines = metrics_log.read(tmp_path / "metrics.jsonl")
    # One log, the chief's, without gap or duplicate.
    assert [line["step"] for line in lines] == [28, 56]
