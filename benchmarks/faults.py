"""Runs that are killed, and whether they end as if nothing had happened.

    python -m benchmarks.faults                            # 100 kills; takes hours.
    python -m benchmarks.faults --rows=gan,began --kills=10
    python -m benchmarks.faults --rows=checkpoint,memory,determinism,watch

Every run is a process of `tf-gan-train` that gets a real SIGKILL: while it starts, at a
random moment of its training, or as soon as a checkpoint is seen half-written on the
disk. The same command then resumes it, is killed again, and in the end may finish. Its
directory is compared with that of a run that was never killed: every tensor of the last
checkpoint (weights, moving average, optimizers, states of the model, step), the metrics
log, TensorBoard's events, every picture, and the names of the files.
"""

import argparse
import collections
import functools
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks import workers

TRAINING = [
    *(
        "--config.epochs=16",
        "--config.samples=4",
        "--config.sample_every=5",
        "--config.checkpoint_every=4",
        "--config.checkpoint_steps=11",
    ),
    "--config.steps_per_execution=4",
]
SMALL = ["--config.networks.generator.units=(16,)", "--config.networks.discriminator.units=(16,)"]
DIGITS = ["--config.data.name=digits", "--config.batch_size=64"]
KILLS = {  # Row: how many of 100, the flags.
    "gan": (40, SMALL),
    "began": (
        20,
        [
            "--config={root}/configs/mnist_began.py",
            *DIGITS,
            "--config.networks.generator.filters=4",
        ],
    ),
    "convolutions": (
        0,
        ["--config={root}/configs/mnist_dcgan.py", *DIGITS, "--config.networks.generator.width=4"],
    ),
    "semi_supervised_gan": (
        20,
        ["--config={root}/configs/mnist_semi_supervised.py", *DIGITS, *SMALL],
    ),
    "points": (
        0,
        [
            "--config={root}/configs/ring.py",
            "--config.data.points=2560",
            "--config.replay_frames=20",
        ],
    ),
    "two_workers": (20, [*SMALL, "--strategy=multi_worker"]),
}
ROOT = pathlib.Path(__file__).parents[1]
MOMENTS = ("starting", "training", "training", "writing", "writing")


# === Kills ===


def command(row: str, workdir) -> list[str]:
    flags = [flag.format(root=ROOT) for flag in KILLS[row][1]]
    return [sys.executable, "-m", "tf_gan.cli.train", f"--workdir={workdir}", *flags, *TRAINING]


def start(row: str, workdir) -> list[subprocess.Popen]:
    """Starts the process of a run, or its two workers."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    processes = workers.cluster() if row == "two_workers" else [{}]
    with open(f"{workdir}.log", "ab") as log:
        return [
            subprocess.Popen(
                command(row, workdir), env=environment | each, stdout=log, stderr=log, cwd=ROOT
            )
            for each in processes
        ]


def wait_for(
    moment: str, workdir: pathlib.Path, processes: list, chance: random.Random, startup: float
) -> float:
    """Waits for the moment of a kill; returns the seconds until the first new
    checkpoint, or 0 if there was none.
    """
    folder, begin = workdir / "checkpoints", time.monotonic()
    before = {path.name for path in folder.glob("step-*.index")}
    if moment == "starting":
        time.sleep(chance.uniform(0, startup))
        return 0.0
    seen, wanted, first = set(), chance.randint(1, 4), 0.0
    while processes[0].poll() is None:
        if moment == "writing":
            seen |= {path.name for path in folder.glob("step-*_temp")}
            if len(seen) >= wanted and any(folder.glob("step-*_temp")):
                return first
        elif {path.name for path in folder.glob("step-*.index")} - before:
            first = time.monotonic() - begin
            time.sleep(chance.expovariate(1.0))
            return first
        time.sleep(0.001)
    return first


def kill(processes: list, chance: random.Random) -> bool:
    """Kills the processes, one worker before the other; returns whether one was still
    there to be killed.
    """
    alive = [process for process in processes if process.poll() is None]
    for process in chance.sample(alive, len(alive)):
        process.send_signal(signal.SIGKILL)
    for process in processes:
        process.wait()
    return any(process.returncode == -signal.SIGKILL for process in processes)


def fingerprint(workdir: pathlib.Path) -> dict[str, str]:
    """Returns what a run has left, by name: digests of bits, not of files that hold
    times.
    """
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    from tf_gan.callbacks import checkpoints, metrics_log

    facts = {}
    step = checkpoints.steps(workdir / "checkpoints")[-1]
    reader = tf.train.load_checkpoint(str(workdir / "checkpoints" / f"step-{step}"))
    for name in reader.get_variable_to_shape_map():
        if not name.startswith(("_CHECKPOINTABLE", "save_counter")):
            facts[f"step-{step} {name}"] = hashlib.sha256(
                np.asarray(reader.get_tensor(name)).tobytes()
            ).hexdigest()
    facts["metrics.jsonl"] = str(
        [
            {k: v for k, v in line.items() if k != "seconds"}
            for line in metrics_log.read(workdir / "metrics.jsonl")
        ]
    )
    for folder in ("train", "samples"):
        events = []
        for path in workdir.glob(f"events/{folder}/*"):
            for record in tf.data.TFRecordDataset(str(path)):
                event = Event.FromString(record.numpy())
                events += [
                    (event.step, value.tag, value.SerializeToString())
                    for value in event.summary.value
                ]
        facts[f"events/{folder}"] = (
            hashlib.sha256(str(sorted(events)).encode()).hexdigest() + f" {len(events)}"
        )
    for pattern in ("samples/*", "samples.gif", "real.png", "replay.npz"):
        for path in workdir.glob(pattern):
            facts[str(path.relative_to(workdir))] = hashlib.sha256(path.read_bytes()).hexdigest()
    names = [
        str(path.relative_to(workdir)) for path in workdir.rglob("*") if "events" not in path.parts
    ]
    facts["files"] = str(sorted(names))
    return facts


def kills(row: str, count: int, per_directory: int, seed: int, root: pathlib.Path) -> None:
    chance, begin = random.Random(f"{seed} {row}"), time.monotonic()
    whole = root / f"{row}_whole"
    processes = start(row, whole)
    startup = wait_for("training", whole, processes, random.Random(0), 0.0) or 10.0
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit(f"The run that is not killed ended with {codes}; see {whole}.log")
    expected, done, identical, directories = fingerprint(whole), collections.Counter(), 0, 0
    while done.total() < count:
        directories += 1
        workdir, mine = root / f"{row}_{directories}", 0
        while mine < min(per_directory, count - done.total() + mine):
            moment = chance.choice(MOMENTS)
            processes = start(row, workdir)
            wait_for(moment, workdir, processes, chance, startup)
            if not kill(processes, chance):
                break
            done[moment] += 1
            mine += 1
        for process in start(row, workdir):
            if process.wait():
                print(f"  {workdir} ended with {process.returncode}; see {workdir}.log", flush=True)
        found = fingerprint(workdir)
        different = [name for name in expected | found if expected.get(name) != found.get(name)]
        print(
            f"  {workdir.name}: {mine} kills, "
            + (f"DIFFERENT in {different[:5]}" if different else "identical"),
            flush=True,
        )
        if not different:
            identical += mine
            shutil.rmtree(workdir)
    moments = ", ".join(f"{done[moment]} {moment}" for moment in dict.fromkeys(MOMENTS))
    seconds = time.monotonic() - begin
    print(
        f"| {row} | {done.total()} in {directories} directories | {moments} | {identical} identical"
        f" | {seconds:.0f} s |",
        flush=True,
    )


# === What it costs ===


def model(name: str, shape, jit_compile="auto"):
    import tf_gan

    module = tf_gan.networks.get(name)
    gan = tf_gan.GAN(
        module.build_generator(shape, 100),
        module.build_discriminator(shape),
        100,
        moving_average=0.999,
    )
    gan.compile(steps_per_execution=10, jit_compile=jit_compile)
    return gan


def checkpoint(root: pathlib.Path) -> None:
    """How long the steps wait for a checkpoint."""
    from tf_gan.callbacks import Checkpoints

    for name, shape in (
        ("mlp", (28, 28, 1)),
        ("upsample_dcgan", (32, 32, 1)),
        ("dcgan", (64, 64, 3)),
    ):
        gan = model(name, shape)
        saved, times = Checkpoints(root / f"checkpoint_{name}"), []
        saved.set_model(gan)
        for step in range(7):
            gan.step.assign(step)
            begin = time.perf_counter()
            saved.save()
            times.append(time.perf_counter() - begin)
        size = (
            sum(path.stat().st_size for path in (root / f"checkpoint_{name}").glob("step-6.*"))
            / 2**20
        )
        print(
            f"| checkpoint of {name} {shape} | {size:.1f} MiB | median"
            f" {1e3 * float(np.median(times)):.0f} ms | slowest {1e3 * max(times):.0f} ms |"
        )


def memory(root: pathlib.Path) -> None:
    """Resident memory over 20,000 steps of the default run with all callbacks."""
    import psutil

    steps = 20_000
    flags = [
        *SMALL,
        f"--config.epochs={steps // 28}",
        "--config.sample_every=20",
        "--config.checkpoint_every=20",
        "--config.samples=16",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "tf_gan.cli.train", f"--workdir={root / 'memory'}", *flags],
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
    )
    sizes = {}
    while process.poll() is None:
        try:
            lines = (root / "memory/metrics.jsonl").read_text().splitlines()
            sizes[json.loads(lines[-1])["step"]] = (
                psutil.Process(process.pid).memory_info().rss / 2**20
            )
        except (OSError, IndexError, ValueError, psutil.Error):
            pass
        time.sleep(0.5)
    wanted = [
        min(sizes, key=lambda step, at=at: abs(step - at)) for at in np.linspace(2_000, steps, 7)
    ]
    print(
        "| memory | " + ", ".join(f"step {step:,}: {sizes[step]:.0f} MiB" for step in wanted) + " |"
    )


def alternately(makers: dict, data, rounds: int = 15, steps: int = 20) -> dict[str, float]:
    """Returns the least milliseconds of a step for each of several models, which take
    turns of `steps`, ten a call.
    """
    runs, times = {}, {name: [] for name in makers}
    for name, make in makers.items():
        gan = make()
        runs[name] = (gan.make_train_function(), iter(data.batches(64)))
    for number in range(rounds + 2):
        for name, (function, batches) in runs.items():
            begin = time.perf_counter()
            for _ in range(steps // 10):
                logs = function(batches)
            float(next(iter(logs.values())))
            if number > 1:
                times[name].append((time.perf_counter() - begin) / steps * 1e3)
    return {name: min(values) for name, values in times.items()}


def determinism(root: pathlib.Path) -> None:
    """What TensorFlow's op determinism costs where XLA is off. Each setting has a
    process of its own: an op keeps what it was made with.
    """
    code = """
import sys, numpy as np, tensorflow as tf
if sys.argv[1] == "on": tf.config.experimental.enable_op_determinism()
from benchmarks import faults
from tf_gan import data
images = np.random.default_rng(0).integers(0, 256, (1280, 32, 32, 1)).astype(np.uint8)
build = lambda: faults.model("upsample_dcgan", (32, 32, 1), False)
print(faults.alternately({"": build}, data.Examples(images), rounds=10, steps=10)[""])
"""
    times = {"off": [], "on": []}
    for _ in range(3):
        for setting, its in times.items():
            result = subprocess.run(
                [sys.executable, "-c", code, setting],
                capture_output=True,
                text=True,
                cwd=ROOT,
                check=True,
            )
            its.append(float(result.stdout.split()[-1]))
    off, on = min(times["off"]), min(times["on"])
    print(
        f"| op determinism, upsample_dcgan 32x32, batch 64 | off {off:.1f} ms | on {on:.1f} ms |"
        f" {100 * (on / off - 1):+.1f} % |"
    )


def watch(root: pathlib.Path) -> None:
    """What the watch for values that are not finite costs."""
    import tensorflow as tf

    from tf_gan import data
    from tf_gan.training import update

    look = update.zero_or_nan

    def traced(name, shape, images, watch):
        update.zero_or_nan = watch
        gan = model(name, shape)
        gan.make_train_function()(iter(images.batches(64)))
        update.zero_or_nan = look
        return gan

    for name, shape in (("mlp", (28, 28, 1)), ("upsample_dcgan", (32, 32, 1))):
        images = data.Examples(
            np.random.default_rng(0).integers(0, 256, (1280, *shape)).astype(np.uint8)
        )
        forms = {
            "without": functools.partial(traced, name, shape, images, lambda _: tf.zeros(())),
            "with": functools.partial(traced, name, shape, images, look),
        }
        times = alternately(forms, images)
        cost = 100 * (times["with"] / times["without"] - 1)
        print(
            f"| watch for NaN, {name} {shape} | without {times['without']:.2f} ms | with"
            f" {times['with']:.2f} ms | {cost:+.1f} % |"
        )


COSTS = {"checkpoint": checkpoint, "memory": memory, "determinism": determinism, "watch": watch}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rows", default=",".join([*KILLS, *COSTS]), help=f"Some of {', '.join([*KILLS, *COSTS])}"
    )
    parser.add_argument(
        "--kills", type=int, default=0, help="Kills for each row; by default 100 in all."
    )
    parser.add_argument("--per_directory", type=int, default=5, help="How often one run is killed.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--workdir",
        help="Where the runs are; by default a temporary folder. Runs that differ are left there.",
    )
    arguments = parser.parse_args()
    root = pathlib.Path(arguments.workdir or tempfile.mkdtemp(prefix="faults-"))
    root.mkdir(parents=True, exist_ok=True)
    for row in arguments.rows.split(","):
        if row in COSTS:
            COSTS[row](root)
        elif number := arguments.kills or KILLS[row][0]:
            kills(row, number, arguments.per_directory, arguments.seed, root)
        elif arguments.rows != parser.get_default("rows"):
            parser.error(f"the row {row} needs --kills=N")
    print(f"Runs that differ, and all logs, are in {root}")


if __name__ == "__main__":
    main()
