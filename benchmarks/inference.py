r"""Measure images per second of one generator in every export format, beside PyTorch and
ONNX Runtime.

    pip install -e '.[benchmark]'
    python -m benchmarks.inference [--networks=mlp,dcgan] [--threads=1,2] \
        [--batches=1,16,64] [--rounds=5] [--seconds=0.5]

The same generator with the same weights: the live Keras model (`gan.images_from`), the
SavedModel without and with XLA, TFLite (XNNPACK) in float32, dynamic and int8, ONNX
Runtime on our ONNX file, and PyTorch eager. Each runs in a process of its own, on the
same number of threads. All of them are loaded at once and measured in turns, `--rounds`
times: machines drift by tens of percent from hour to hour, so the ratios of one round
are the figures. A turn calls the model for `--seconds`, from a NumPy array to a NumPy
array.

Load time is the time from the file to a model that can be called, without imports.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags

from benchmarks import workers

FLAGS = flags.FLAGS
flags.DEFINE_list(
    "networks",
    ["mlp", "dcgan"],
    "Which generators: mlp (28x28, 1.5 M parameters), dcgan (32x32, 1.1 M).",
)
flags.DEFINE_list("threads", ["1", "2"], "Numbers of threads.")
flags.DEFINE_list("batches", ["1", "16", "64"], "Batch sizes.")
flags.DEFINE_integer("rounds", 5, "Turns of each runtime.", lower_bound=1)
flags.DEFINE_float("seconds", 0.5, "About how long a turn lasts.", lower_bound=0.01)

LATENT_DIM = 100
OURS = ("keras", "saved_model", "saved_model_xla", "tflite", "tflite_dynamic", "tflite_int8")
PEERS = ("onnxruntime", "pytorch")


# === The generator and its files ===


def build(network: str):
    """Returns the GAN with weights far from their initial values, in particular the
    statistics of BatchNormalization.
    """
    import keras

    import tf_gan
    from tf_gan import networks

    keras.utils.set_random_seed(0)
    module, shape = {
        "mlp": (networks.get("mlp"), (28, 28, 1)),
        "dcgan": (networks.get("upsample_dcgan"), (32, 32, 1)),
    }[network]
    gan = tf_gan.GAN(
        module.build_generator(shape, LATENT_DIM),
        module.build_discriminator(shape),
        latent_dim=LATENT_DIM,
    )
    random = np.random.default_rng(0)
    for weight in gan.generator.weights:
        if "moving_mean" in weight.path:
            weight.assign(random.normal(0.0, 0.3, weight.shape))
        if "moving_variance" in weight.path:
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
        if network == "dcgan" and weight.path.endswith("kernel") and len(weight.shape) == 4:
            weight.assign(weight.numpy() * 3.0)
    return gan


def write(network: str, folder: pathlib.Path) -> None:
    """Writes the generator in every format, each proved equal to the live one by the
    exporter.
    """
    gan = build(network)
    gan.export(folder / "saved_model" / "1")
    gan.export(folder / "saved_model_xla" / "1", jit_compile=True)
    for name, quantize in (
        ("tflite", "none"),
        ("tflite_dynamic", "dynamic"),
        ("tflite_int8", "int8"),
    ):
        gan.export(folder / f"{name}.tflite", format="tflite", quantize=quantize, min_psnr=10.0)
    gan.export(folder / "onnxruntime.onnx", format="onnx")
    latents = gan.sample_inputs(64, 3)[0].numpy()
    np.savez(folder / "check.npz", latents=latents, images=(gan.images_from(latents) + 1.0) / 2.0)
    np.savez(
        folder / "weights.npz",
        **{f"{number:03}": weight.numpy() for number, weight in enumerate(gan.generator.weights)},
    )


# === Runtimes ===


def load(name: str, network: str, folder: pathlib.Path, threads: int):
    """Returns a function from latents to images in [0, 1], and the seconds of loading."""
    if name in PEERS or name.startswith("tflite"):
        return {"onnxruntime": _onnxruntime, "pytorch": _pytorch}.get(name, _tflite)(
            name, network, folder, threads
        )
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    if name == "keras":
        gan = build(network)
        return lambda z: (gan.images_from(z) + 1.0) / 2.0, float("nan")
    start = time.perf_counter()
    model = tf.saved_model.load(str(folder / name / "1"))
    function = model.signatures["serving_default"]
    loaded = time.perf_counter() - start

    def images(z, model=model):  # The signature does not keep the model alive.
        return function(latents=tf.constant(z))["images"].numpy()

    return images, loaded


def _tflite(name, network, folder, threads):
    from ai_edge_litert.interpreter import Interpreter

    start = time.perf_counter()
    interpreter = Interpreter(model_path=str(folder / f"{name}.tflite"), num_threads=threads)
    interpreter.allocate_tensors()
    loaded = time.perf_counter() - start
    latents, output = (
        interpreter.get_input_details()[0]["index"],
        interpreter.get_output_details()[0]["index"],
    )
    size = [1]

    def images(z):
        if len(z) != size[0]:
            interpreter.resize_tensor_input(latents, z.shape)
            interpreter.allocate_tensors()
            size[0] = len(z)
        interpreter.set_tensor(latents, z)
        interpreter.invoke()
        return interpreter.get_tensor(output)

    return images, loaded


def _onnxruntime(name, network, folder, threads):
    import onnxruntime

    start = time.perf_counter()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        folder / "onnxruntime.onnx", options, providers=["CPUExecutionProvider"]
    )
    return lambda z: session.run(None, {"latents": z})[0], time.perf_counter() - start


def _pytorch(name, network, folder, threads):
    import torch

    from benchmarks import loops

    torch.set_num_threads(threads)
    start = time.perf_counter()
    model, _ = loops.torch_networks(network)
    state = model.eval().state_dict()
    names = [each for each in state if not each.endswith("num_batches_tracked")]
    axes = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}  # Of Keras' biases, matrices and filters.
    for each, values in zip(names, np.load(folder / "weights.npz").values(), strict=True):
        state[each] = torch.from_numpy(values).permute(axes[values.ndim])
    if network == "dcgan":  # Keras' first layer makes maps whose channels are last.
        for each in ("0.weight", "0.bias"):
            state[each] = state[each].unflatten(0, (8, 8, 128)).movedim(2, 0).flatten(0, 2)
    model.load_state_dict(state)
    loaded = time.perf_counter() - start

    @torch.inference_mode()
    def images(z):
        return ((model(torch.from_numpy(z)) + 1.0) / 2.0).permute(0, 2, 3, 1).numpy()

    return images, loaded


def serve(name: str, network: str, folder: str, threads: int) -> None:
    """Loads a runtime, checks its images, and answers each line `batch seconds` of stdin
    with images per second.
    """
    folder = pathlib.Path(folder)
    images, loaded = load(name, network, folder, threads)
    check = np.load(folder / "check.npz")
    difference = float(np.abs(images(check["latents"]) - check["images"]).max())
    psnr = float(
        -10.0 * np.log10(max(np.square(images(check["latents"]) - check["images"]).mean(), 1e-20))
    )
    print(json.dumps({"load": loaded, "difference": difference, "psnr": psnr}), flush=True)
    for line in sys.stdin:
        batch, seconds = int(line.split()[0]), float(line.split()[1])
        z = np.resize(check["latents"], (batch, check["latents"].shape[1]))
        images(z)
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            images(z)
            calls += 1
        print(batch * calls / (time.perf_counter() - start), flush=True)


class Runtime(workers.Worker):
    """A process that loads one format and makes images on request."""

    def __init__(self, name: str, network: str, folder: pathlib.Path, threads: int):
        super().__init__(
            f"from benchmarks.inference import serve; serve({name!r}, {network!r}, {str(folder)!r},"
            f" {threads})",
            env=os.environ | {"OMP_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        if not (line := self.answer()):
            raise RuntimeError(
                f"{name} did not start: its process ended with exit code {self.process.wait()}; -9"
                " may be a lack of memory"
            )
        self.facts = json.loads(line)


def measure(network: str, folder: pathlib.Path, threads: int) -> None:
    runtimes = {name: Runtime(name, network, folder, threads) for name in OURS + PEERS}
    print(
        f"\n{network}, {threads} thread{'s' if threads > 1 else ''}: images per second, median of"
        f" {FLAGS.rounds} turns"
    )
    batches = [int(batch) for batch in FLAGS.batches]
    rates = {name: {batch: [] for batch in batches} for name in runtimes}
    for _ in range(FLAGS.rounds):
        for batch in batches:
            for name, process in runtimes.items():
                rates[name][batch].append(process.ask(batch, FLAGS.seconds))
    for process in runtimes.values():
        process.end()
    print(
        f"{'':18}"
        + "".join(f"{f'batch {batch}':>12}" for batch in batches)
        + f"{'load, ms':>10}{'difference':>12}{'PSNR, dB':>10}"
    )
    for name, process in runtimes.items():
        medians = "".join(f"{statistics.median(rates[name][batch]):12,.0f}" for batch in batches)
        facts = process.facts
        loaded = "" if np.isnan(facts["load"]) else f"{1e3 * facts['load']:.1f}"
        print(f"{name:18}{medians}{loaded:>10}{facts['difference']:12.1e}{facts['psnr']:10.1f}")
    exact = [name for name in OURS if not name.endswith(("dynamic", "int8"))]
    for batch in batches:
        for label, names in (("float32", exact), ("any", OURS)):
            best = max(names, key=lambda name: statistics.median(rates[name][batch]))
            ratios = {
                peer: workers.spread(
                    [
                        ours / theirs
                        for ours, theirs in zip(rates[best][batch], rates[peer][batch], strict=True)
                    ]
                )
                for peer in PEERS
            }
            print(
                f"batch {batch}, best of ours ({label}): {best}: {ratios['onnxruntime']} x ONNX"
                f" Runtime, {ratios['pytorch']} x PyTorch eager",
                flush=True,
            )


def main(_):
    for network in FLAGS.networks:
        with tempfile.TemporaryDirectory() as folder:
            # A process of its own, so that this one imports no TensorFlow.
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    (
                        "import pathlib; from benchmarks.inference import write;"
                        f" write({network!r}, pathlib.Path({folder!r}))"
                    ),
                ],
                check=True,
            )
            for threads in FLAGS.threads:
                measure(network, pathlib.Path(folder), int(threads))


if __name__ == "__main__":
    app.run(main)
