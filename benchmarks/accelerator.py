r"""Our training step on a machine without TensorFlow: checked, and timed beside PyTorch.

    python -m benchmarks.accelerator --dump=steps/mlp --row=mlp     # where tf_gan is
    python benchmarks/accelerator.py --run=steps/mlp                # where the device is

The step of a model is one XLA program with static shapes. `--dump` writes it as a
serialized HLO module, whose weights are arguments, with the weights at the start and
after a step, one batch, and the logs of ten steps on this machine. `--run` needs jax and
NumPy: it compiles the program for the device that jax finds, makes the ten steps, checks
them against the recorded ones, and times more of them. Where torch is installed, the rows
`mlp`, `maxout` and `dcgan` also time the same networks in PyTorch on that device: eager,
`torch.compile`, and a CUDA graph of the eager step. Both sides may use TF32 in float32.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import sys
import time

import numpy as np

STEPS = 10  # That are recorded.
BOUND = 1e-4  # Of the relative difference of a variable, in float32.
PEERS = ("mlp", "maxout", "dcgan")


# === Where tf_gan is ===


def dump(folder: pathlib.Path, row: str, precision: str) -> None:
    """Writes the step of a row of `benchmarks/train_step.py`."""
    import tensorflow as tf

    from benchmarks import train_step

    model, data, batch_size, *_ = train_step.build(row, precision)
    folder.mkdir(parents=True, exist_ok=True)
    if model.lazy_objectives:
        raise SystemExit(f"{row} has steps of another kind in between, which are no part of this")
    if isinstance(data, np.ndarray):
        batch = data[:batch_size]
    else:
        is_dataset = isinstance(data, tf.data.Dataset)
        batch = next(iter(data if is_dataset else data.batches(batch_size, seed=0)))
    inputs, names = [tf.convert_to_tensor(x) for x in tf.nest.flatten(batch)], []

    @tf.function(jit_compile=True, autograph=False)
    def step(*inputs):
        logs = model.train_step(tf.nest.pack_sequence_as(batch, inputs))
        names[:] = sorted(logs)
        return [logs[name] for name in names]

    program = step.get_concrete_function(*inputs)
    content = step.experimental_get_compiler_ir(*inputs)(stage="hlo_serialized")
    text = step.experimental_get_compiler_ir(*inputs)(stage="hlo")
    (folder / "step.hlo").write_bytes(content)
    by_handle = {id(variable.handle): variable for variable in program.variables}
    captured = [by_handle[id(tensor)] for tensor in program.captured_inputs]
    np.savez(
        folder / "start.npz",
        *(tensor.numpy() for tensor in inputs),
        *(variable.numpy() for variable in captured),
    )
    logs = [[float(value) for value in step(*inputs)]]
    np.savez(folder / "after.npz", *(variable.numpy() for variable in captured))
    logs += [[float(value) for value in step(*inputs)] for _ in range(STEPS - 1)]
    facts = {
        "row": row,
        "precision": precision,
        "batch_size": batch_size,
        "inputs": len(inputs),
        "names": names,
        "variables": [variable.name for variable in captured],
        "outputs": aliases(text),
        "logs": logs,
        "tensorflow": tf.__version__,
    }
    (folder / "step.json").write_text(json.dumps(facts, indent=1))
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"Wrote {folder}: {len(captured)} variables, {size / 1e6:.1f} MB")


def aliases(text: str) -> dict[int, int]:
    """Returns which argument each output of an HLO module replaces."""
    found = re.findall(r"\{(\d+)\}: \((\d+), \{\}", text[: text.index("entry_computation_layout")])
    return {int(output): int(argument) for output, argument in found}


# === Where the device is ===


class Step:
    """The recorded step, compiled for the device that jax finds."""

    def __init__(self, folder: pathlib.Path):
        import jax
        from jaxlib import _jax, xla_client

        jax.config.update("jax_enable_x64", True)
        self.jax, self.device = jax, jax.devices()[0]
        self.facts = json.loads((folder / "step.json").read_text())
        self.start, self.after = (list(np.load(folder / name).values()) for name in FILES)
        computation = xla_client.XlaComputation((folder / "step.hlo").read_bytes())
        module = _jax.mlir.xla_computation_to_mlir_module(computation)
        begin = time.perf_counter()
        self.program = self.device.client.compile_and_load(
            module, xla_client.DeviceList((self.device,)), xla_client.CompileOptions()
        )
        self.seconds = time.perf_counter() - begin
        self.outputs = {int(k): v for k, v in self.facts["outputs"].items()}
        self.reset()

    def reset(self) -> None:
        """Puts the weights of the start on the device."""
        self.arguments = [self.jax.device_put(array, self.device) for array in self.start]

    def __call__(self) -> list:
        """Makes a step. Returns its logs, which are on the device."""
        results = self.program.execute_sharded(self.arguments)
        results = [each[0] for each in results.disassemble_into_single_device_arrays()]
        for output, argument in self.outputs.items():
            self.arguments[argument] = results[output]
        return [value for place, value in enumerate(results) if place not in self.outputs]

    def check(self) -> tuple[float, dict[str, float]]:
        """Makes the recorded steps. Returns the largest relative difference of their logs,
        and those of the variables after the first, as shares of each one's largest number.

        A bias in front of BatchNormalization has no gradient but rounding, from which Adam
        makes a step of full size: such a variable differs, and moves nothing else.
        """
        self.reset()
        logs = [[float(value) for value in self()]]
        weights = [np.asarray(value) for value in self.arguments[self.facts["inputs"] :]]
        logs += [[float(value) for value in self()] for _ in range(STEPS - 1)]
        names = self.facts["variables"]
        return relative(np.array(logs), np.array(self.facts["logs"])), {
            f"{place}:{name}": relative(value, expected)
            for place, (name, value, expected) in enumerate(
                zip(names, weights, self.after, strict=True)
            )
        }

    def rate(self, seconds: float) -> float:
        """Returns steps per second."""
        return rate(self, lambda logs: self.jax.block_until_ready(logs), seconds)


FILES = ("start.npz", "after.npz")


def relative(values, expected) -> float:
    """Returns max |values - expected| / max |expected|, of arrays of at least one number."""
    scale = max(float(np.abs(expected).max(initial=0)), 1e-3)
    return float(np.abs(values.astype(np.float64) - expected).max(initial=0)) / scale


def rate(step, wait, seconds: float) -> float:
    """Returns how often a step runs in a second: the median of five turns."""
    wait(step())
    count, rates = 1, []
    while True:
        begin = time.perf_counter()
        for _ in range(count):
            last = step()
        wait(last)
        elapsed = time.perf_counter() - begin
        if elapsed >= seconds / 5:
            rates.append(count / elapsed)
            if len(rates) == 5:
                return statistics.median(rates)
        else:
            count *= 2


def peers(row: str, precision: str, seconds: float) -> dict[str, float]:
    """Returns the steps per second of the same networks in PyTorch, in the same precision
    (by `torch.autocast`), by the way that it runs them; empty where torch is not installed.
    """
    try:
        import torch
    except ImportError:
        return {}
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
    from benchmarks import loops

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True

    def made(capturable: bool = False):
        step = loops.torch_step(row, device, capturable=capturable)
        if precision == "float32":
            return step
        half = getattr(torch, precision.removeprefix("mixed_"))

        def in_half():
            # A graph would keep casts that autocast has in its cache.
            with torch.autocast(device.type, half, cache_enabled=not capturable):
                return step()

        return in_half

    step = made()
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda *_: None
    rates = {"eager": rate(step, lambda _: wait(), seconds)}
    ways = {"compile": lambda: torch.compile(made())}
    if device.type == "cuda":
        ways["CUDA graph"] = lambda: cuda_graph(made(capturable=True))
    for name, make in ways.items():
        try:
            rates[name] = rate(make(), lambda _: wait(), seconds)
        except (RuntimeError, ImportError, OSError) as error:
            print(f"PyTorch, {name}: {type(error).__name__}: {str(error).splitlines()[0]}")
    return rates


def cuda_graph(step):
    """Returns a step that replays a CUDA graph of it."""
    import torch

    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def run(folder: pathlib.Path, seconds: float) -> None:
    step = Step(folder)
    facts = step.facts
    print(f"{step.device.device_kind}; {facts['row']}, {facts['precision']}, batches of"
          f" {facts['batch_size']}; compiled in {step.seconds:.1f} s")  # fmt: skip
    logs, weights = step.check()
    far = {name: value for name, value in weights.items() if value > BOUND}
    print(f"logs of {STEPS} steps: differ by {logs:.1e}; after the first,"
          f" {len(weights) - len(far)} of {len(weights)} variables by at most {BOUND}")  # fmt: skip
    for name, value in far.items():
        print(f"  {name}: {value:.1e}")
    mine = step.rate(seconds)
    print(f"{'tf_gan':12} {mine:10.1f} steps/s")
    row, precision = facts["row"], facts["precision"]
    found = peers(row, precision, seconds) if row in PEERS else {}
    for name, value in found.items():
        print(f"{name:12} {value:10.1f} steps/s   tf_gan is {mine / value:.2f} times as fast")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dump", type=pathlib.Path, help="Folder to write a step into.")
    parser.add_argument("--row", default="mlp", help="Row of benchmarks.train_step.")
    parser.add_argument(
        "--precision", default="float32", choices=["float32", "mixed_bfloat16", "mixed_float16"]
    )
    parser.add_argument("--run", type=pathlib.Path, help="Folder that --dump has written.")
    parser.add_argument("--seconds", type=float, default=5.0, help="About how long a rate takes.")
    arguments = parser.parse_args()
    if bool(arguments.dump) == bool(arguments.run):
        parser.error("expected one of --dump and --run")
    if arguments.dump:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        dump(arguments.dump, arguments.row, arguments.precision)
    else:
        run(arguments.run, arguments.seconds)


if __name__ == "__main__":
    main()
