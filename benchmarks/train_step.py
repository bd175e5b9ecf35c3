r"""Steps of training per second, beside the same networks in eager PyTorch, and as a
share of what the machine could do at most.

    pip install -e '.[benchmark]'
    python -m benchmarks.train_step [--rows=mlp,maxout,dcgan,began,info_gan,vae] \
        [--rounds=5] [--seconds=3] [--compile]

Each program trains from images in memory, on the same number of threads, in a process
of its own, in turns within one run: machines drift by tens of percent from hour to
hour, so the ratio is the figure and the steps per second are only its parts. Ours is
`GAN.fit` as a user calls it, input included. The medians of the turns count.

The ceiling is the time that the step's matrix products and the optimizers' memory
traffic would take at the rates measured at the start (see `benchmarks/arithmetic.py`).
Both programs run the same algorithm. In algorithm 1 each network's step has fresh noise.
In the rows named `_simultaneous`, and in `maxout` and `bigan`, both networks move from the
same weights and noise; PyTorch's loop there is that of PyTorch-GAN, where D sees the fakes
of G's step, which saves one pass through G. pix2pix and CycleGAN have no noise: PyTorch's
loops, as their authors', make the fakes once for both networks in all rows. `--compile` adds
PyTorch with every network compiled by `torch.compile`, which needs a C++ compiler; nan where
it fails. PyTorch's loops compute in G's step the gradients of D's weights, too, as
PyTorch-GAN's; `--frozen` adds PyTorch without them. `--precision=mixed_bfloat16` sets how
ours computes, and adds ours in float32 and PyTorch in the same precision, by
`torch.autocast`. `--before=DIR` times ours of another checkout in place of PyTorch, such as
`git worktree add DIR COMMIT` makes.

Ours has several steps a call, as the configs have. The rows `mlp_array`, `mlp_dataset`,
`dcgan_array` and `dcgan_dataset` have nothing set in `compile` or `fit`: images in memory,
or a `tf.data` pipeline that shuffles single images and batches them.
"""

import gc
import importlib
import json
import math
import os
import statistics
import sys
import time

from absl import app, flags

from benchmarks import workers
from benchmarks.loops import BATCH, PLAIN, SHAPE, images, parts, torch_step

FLAGS = flags.FLAGS
ROWS = [
    "mlp",
    "mlp_simultaneous",
    "mlp_array",
    "mlp_dataset",
    "maxout",
    "dcgan",
    "dcgan_simultaneous",
    "dcgan_array",
    "dcgan_dataset",
    "began",
    "began_simultaneous",
    "info_gan",
    "info_gan_simultaneous",
    "vae",
    "conditional",
    "conditional_simultaneous",
    "conditional_dcgan",
    "conditional_dcgan_simultaneous",
    "dcgan_paper",
    "dcgan_paper_simultaneous",
    "bigan",
    "semi_supervised",
    "pix2pix",
    "pix2pix_simultaneous",
    "cycle_gan",
    "cycle_gan_simultaneous",
    "srresnet",
    "stylegan2",
    "fastgan",
]
PROGRAMS = ("stylegan2", "fastgan")  # Rows that are files of their own.
flags.DEFINE_list("rows", ROWS, "Which rows to measure.")
flags.DEFINE_integer("rounds", 5, "Turns of each program.", lower_bound=1)
flags.DEFINE_enum(
    "precision",
    "float32",
    ["float32", "mixed_bfloat16", "mixed_float16"],
    "Precision of ours, and of the last peer.",
)
flags.DEFINE_float("seconds", 3.0, "About how long a turn lasts.", lower_bound=0.1)
flags.DEFINE_bool("compile", False, "Whether to time torch.compile too.")
flags.DEFINE_bool("frozen", False, "Whether to time PyTorch without discarded gradients too.")
flags.DEFINE_string("before", None, "Folder of another checkout, whose tf_gan is the peer.")
flags.register_validator(
    "before",
    lambda folder: folder is None or os.path.isdir(os.path.join(folder, "tf_gan")),
    "Expected a folder that holds tf_gan/, such as another checkout.",
)

NAMES = {"pytorch": "PyTorch"}  # Headings of columns; others have the name of the side.


def build(row: str, precision: str = "float32"):
    """Returns the compiled model of a row, its data, the batch size, and the
    floating-point operations and the bytes of a step.
    """
    import keras
    import tensorflow as tf

    import tf_gan
    from benchmarks import arithmetic, variants
    from tf_gan import networks
    from tf_gan.training import optimizers

    keras.config.set_dtype_policy(precision)
    name, way = parts(row)
    simultaneous = way == "simultaneous" or row == "maxout"
    if name in PROGRAMS:
        program = importlib.import_module(f"benchmarks.{name}")
        model, flops = program.model()
        moved = arithmetic.step_bytes(*model.networks, words=7)
        return model, program.images(), program.BATCH, flops, moved
    if name in variants.BATCH:
        model, flops = variants.model(row)
        words = 5 if name == "vae" else 7  # For each parameter: Adagrad, Adam.
        moved = arithmetic.step_bytes(*model.networks, words=words)
        return model, variants.examples(name), variants.BATCH[name], flops, moved
    module = networks.get({"mlp": "mlp", "maxout": "maxout_mlp", "dcgan": "upsample_dcgan"}[name])
    gan = tf_gan.GAN(
        module.build_generator(SHAPE[name], 100),
        module.build_discriminator(SHAPE[name]),
        latent_dim=100,
    )
    if name == "maxout":
        pair = [
            optimizers.MomentumSGD(rate, optimizers.LinearRamp(0.5, 0.7, 1, 1000))
            for rate in (0.1, 0.05)
        ]
    else:
        pair = [keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)]
    options = {
        "steps_per_execution": 10 if name == "dcgan" else 50,
        "updates": "simultaneous" if simultaneous else "alternating",
    }
    gan.compile(*pair, **{} if way in PLAIN else options)
    flops = arithmetic.step_flops(gan.generator, gan.discriminator, BATCH[name], simultaneous)
    moved = arithmetic.step_bytes(
        gan.generator, gan.discriminator, words=5 if name == "maxout" else 7
    )
    data = images(name)
    if way == "dataset":
        data = tf.data.Dataset.from_tensor_slices(data).shuffle(len(data)).batch(BATCH[name])
        data = data.repeat()
    return gan, data, BATCH[name], flops, moved


def ours(row: str, precision: str = "float32"):
    """Returns a function of a number of steps that trains with `fit`, and the least
    time of a step on this machine.
    """
    import tensorflow as tf

    from benchmarks import arithmetic
    from tf_gan.training.xla import has_convolutions

    model, data, batch_size, flops, moved = build(row, precision)
    batches = {} if isinstance(data, tf.data.Dataset) else {"batch_size": batch_size}
    rows = 1024 if has_convolutions(model) else batch_size
    least = flops / arithmetic.matmul_rate(rows) + moved / arithmetic.memory_rate()
    facts = {"flops": flops, "bytes": moved, "ceiling": 1 / least, "jit_compile": model.jit_compile}
    return (
        lambda steps: model.fit(data, steps_per_epoch=steps, epochs=1, verbose=0, **batches),
        facts,
    )


def pytorch(row: str, precision: str = "float32"):
    """Returns the same for PyTorch, with a thread for each core, as TensorFlow has them."""
    import torch

    from benchmarks import variants

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    name, way = parts(row)
    if name in PROGRAMS:
        return importlib.import_module(f"benchmarks.{name}").pytorch(), {}
    if name in variants.BATCH:
        return variants.pytorch(name, way == "simultaneous"), {}
    step = torch_step(row)

    def train(steps):
        for _ in range(steps):
            step()

    return train, {}


def compiled(row: str, precision: str = "float32"):
    """Returns the same, with `torch.compile` for each whole network."""
    import torch

    train, facts = pytorch(row, precision)
    modules = [each for each in gc.get_objects() if issubclass(type(each), torch.nn.Module)]
    # A list is never called, so to compile it would compile nothing.
    modules = [each for each in modules if not isinstance(each, torch.nn.ModuleList)]
    inner = {id(child) for each in modules for child in each.children()}
    for module in modules:
        if id(module) not in inner:
            module.compile()
    return train, facts


def frozen(row: str, precision: str = "float32"):
    """Returns the same for PyTorch that computes the gradients of those weights alone that an
    update moves.
    """
    import torch

    zero_grad, backward = torch.optim.Optimizer.zero_grad, torch.Tensor.backward
    moving = []

    def noted(optimizer):
        moving[:] = [each for group in optimizer.param_groups for each in group["params"]]
        zero_grad(optimizer)

    torch.optim.Optimizer.zero_grad = noted
    torch.Tensor.backward = lambda loss: backward(loss, inputs=moving)
    return pytorch(row)


def float32(row: str, precision: str = "float32"):
    """Returns the same for ours in float32."""
    return ours(row)


def autocast(row: str, precision: str = "float32"):
    """Returns the same for PyTorch in the precision of ours."""
    import torch

    train, facts = pytorch(row)

    def in_half(steps):
        with torch.autocast("cpu", getattr(torch, precision.removeprefix("mixed_"))):
            train(steps)

    return in_half, facts


def serve(side: str, row: str, precision: str) -> None:
    """Trains as many steps as each line of stdin says, and answers with the seconds
    they took.
    """
    train, facts = globals()[side](row, precision)
    train(20)  # Compiles, warms up.
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        train(int(line))
        print(time.perf_counter() - start, flush=True)


class Program(workers.Worker):
    """A process that trains on request."""

    def __init__(self, side: str, row: str):
        folder = FLAGS.before if side == "before" else None
        function = "ours" if side == "before" else side
        super().__init__(
            f"from benchmarks.train_step import serve; serve({function!r}, {row!r},"
            f" {FLAGS.precision!r})",
            cwd=folder,  # Where Python looks for modules first.
        )
        line = self.answer()
        self.fails = not line  # Its traceback is on stderr.
        if self.fails:
            print(f"{side} of {row}: exit code {self.process.wait()}", file=sys.stderr)
        self.facts = json.loads(line or "{}")

    def rate(self, steps: int) -> float:
        return math.nan if self.fails else steps / self.ask(steps)

    def steps_of_a_turn(self) -> int:
        if self.fails:
            return 0
        steps = 10  # So few would be mostly the start of `fit`.
        while steps / (rate := self.rate_compiled(steps)) < FLAGS.seconds / 3:
            steps *= 2
        steps = max(10, int(FLAGS.seconds * rate) // 10 * 10)
        self.rate_compiled(steps)
        return steps

    def rate_compiled(self, steps: int) -> float:
        """Returns the rate of a second turn: another number of steps can mean a new
        program.
        """
        self.rate(steps)
        return self.rate(steps)


def main(_):
    half = FLAGS.precision != "float32"
    peers = ["pytorch", *["compiled"] * FLAGS.compile, *["frozen"] * FLAGS.frozen]
    peers = ["before"] if FLAGS.before else peers + ["float32", "autocast"] * half
    sides = ["ours", *peers]
    columns = ["tf_gan", *(f"{NAMES.get(peer, peer):>8} {'ratio (range)':>18}" for peer in peers)]
    print(
        f"{'row':30} {'   '.join(columns):>8} {'ceiling':>8} {'share':>6}"
        "   steps per second, medians of the turns"
    )
    for row in FLAGS.rows:
        programs = [Program(side, row) for side in sides]
        steps = [program.steps_of_a_turn() for program in programs]
        rates = [
            [program.rate(n) for program, n in zip(programs, steps, strict=True)]
            for _ in range(FLAGS.rounds)
        ]
        for program in programs:
            program.end()
        mine, *peers = zip(*rates, strict=True)
        facts, rate = programs[0].facts, statistics.median(mine)
        if not facts:
            print(f"{row:30} failed: see the lines above", flush=True)
            continue
        detail = (
            f"{facts['flops'] / 1e6:.0f} MFLOP, {facts['bytes'] / 1e6:.0f} MB a step,"
            f" {'with' if facts['jit_compile'] else 'without'} XLA"
        )
        print(
            f"{row:30} {rate:8.1f} {' '.join(beside(mine, peer) for peer in peers)}"
            f" {facts['ceiling']:8.1f} {rate / facts['ceiling']:6.2f}   {detail}",
            flush=True,
        )


def beside(mine, peer) -> str:
    """Returns the columns of a peer: its median, and the median and range of the ratios."""
    ratios = [a / b for a, b in zip(mine, peer, strict=True)]
    return f"{statistics.median(peer):8.1f} {workers.spread(ratios):>18}"


if __name__ == "__main__":
    app.run(main)
