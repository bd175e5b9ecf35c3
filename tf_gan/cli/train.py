"""`tf-gan-train`: trains the model of a config and leaves a run directory."""

import ast
import importlib.util
import pathlib
import re
import shlex
import sys
import time
from typing import TYPE_CHECKING, Any

from absl import flags
from ml_collections import config_flags

from tf_gan import choices, config
from tf_gan.cli import app
from tf_gan.errors import UserError
from tf_gan.reports import commands
from tf_gan.runs import config_file, describe, directory, fields

if TYPE_CHECKING:
    from tf_gan import models

FLAGS = flags.FLAGS
# Flags that set a field of the config.
FIELDS = {"data": "data.path", "minutes": "minutes", "init_from": "init_from"}
# Arguments of networks and models, of which a config lists those that it sets.
OWN = re.compile(rf"--?config\.((?:{'|'.join(map(re.escape, fields.OWN_ARGUMENTS))})\.\w+)")
_own: dict[str, Any] = {}  # Those that it does not list, by field.


def define_flags() -> None:
    config_flags.DEFINE_config_file(
        "config",
        str(config.__file__),
        "Name of a config that comes with tf_gan, such as mnist (--list shows them), or the path"
        " of a Python file with get_config(); by default the run on scikit-learn's digits. Single"
        " settings are set with --config.FIELD=VALUE, such as --config.epochs=10.",
    )
    flags.DEFINE_bool("list", False, "Show the configs that come with tf_gan, and stop.")
    flags.DEFINE_string(
        "data",
        None,
        "A folder of your own pictures: the same as --config=own_pictures"
        " --config.data.path=DIR, which chooses what fits them.",
    )
    flags.DEFINE_bool("dry_run", False, "Stop after what was chosen for the pictures is shown.")
    flags.DEFINE_float(
        "minutes", None, "Train for so long, then save and end; the same as --config.minutes."
    )
    flags.DEFINE_string(
        "init_from",
        None,
        "Run directory of another training, whose networks a new run starts from; the same as"
        " --config.init_from. See the page Fine-tuning of the documentation.",
    )
    flags.DEFINE_string(
        "workdir",
        None,
        "Run directory; by default runs/<config.name>. A run that is there already is resumed.",
    )
    flags.DEFINE_enum(
        "strategy",
        "auto",
        choices.STRATEGIES,
        "Where to train: see the page Scaling of the documentation. Batch sizes are global.",
    )
    flags.DEFINE_string("tpu", "", "Name or address of the TPU, for --strategy=tpu.")
    flags.DEFINE_integer(
        "worker_timeout",
        300,
        "Seconds to wait for the other workers, for --strategy=multi_worker.",
        lower_bound=1,
    )


def run_directory() -> pathlib.Path:
    """Returns the run directory that the flags name."""
    return pathlib.Path(FLAGS.workdir or pathlib.Path("runs", folder_name(FLAGS.config.name)))


def folder_name(name: str) -> str:
    """Returns a name that is one folder: a config must not lead out of runs/.

    Raises:
        UserError: for other names.
    """
    if not name or name != pathlib.PurePath(name).name or name == ".." or "\0" in name:
        raise UserError(
            f"Expected config.name to be the name of a folder in runs/. Received: {name!r}."
            " --workdir may be any path."
        )
    return name


def expand(argv: list[str]) -> list[str]:
    """Returns the arguments with `--data=DIR`, `--minutes=N` and `--init_from=RUN` as
    the fields of the config that they set.
    """
    expanded = list(argv)
    names = [name for name, _ in flags_of(argv)]
    for name, value in flags_of(argv):
        if name in FIELDS:
            expanded.append(f"--config.{FIELDS[name]}={value}")
        if name == "data" and "config" not in names:
            expanded.insert(1, "--config=own_pictures")  # Before the fields.
    return _without_own(expanded)


def _without_own(argv: list[str]) -> list[str]:
    """Returns the arguments without those that set an argument of a network or a model which the
    config does not list, and keeps these: ml_collections refuses fields that are not there.

    Raises:
        UserError: for one without a value.
    """
    _own.clear()
    found = [OWN.fullmatch(argument.partition("=")[0]) for argument in argv]
    if not any(found):
        return argv
    listed = fields.names(config_file.load(dict(flags_of(argv)).get("config") or config.__file__))
    dropped = set()
    for place, match in enumerate(found):
        if match and match[1] not in listed:
            _, equals, value = argv[place].partition("=")
            dropped.add(place)
            following = argv[place + 1] if place + 1 < len(argv) else "-"
            if not equals and following.startswith("-"):
                raise UserError(f"Expected --config.{match[1]}=VALUE. Received: no value")
            if not equals:
                value = following
                dropped.add(place + 1)
            _own[match[1]] = _literal(value)
    return [argument for place, argument in enumerate(argv) if place not in dropped]


def _literal(text: str) -> Any:
    """Returns the Python value that a text stands for, or the text."""
    try:
        return ast.literal_eval({"true": "True", "false": "False"}.get(text, text))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return text


def flags_of(arguments: list[str]) -> list[tuple[str, str]]:
    """Returns names and values: of `--data=DIR` or `--data DIR`, with one dash or two."""
    found = []
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        flag, equals, value = argument.partition("=")
        if flag.startswith("-"):
            found.append((flag.lstrip("-"), value if equals else following))
    return found


def given_fields(argv: list[str]) -> set[str]:
    """Returns the names of the fields of the config that the arguments set."""
    names = (argument.lstrip("-").partition("=")[0] for argument in argv)
    return {name.removeprefix("config.") for name in names if name.startswith("config.")}


def more_help(arguments: list[str]) -> str:
    """Returns the settings of the config that the arguments name, with their values."""
    name = dict(flags_of(arguments)).get("config", "")
    values = config_file.load(name) if name else config.default_config()
    return f"\n\nSettings, --config.FIELD=VALUE, as {name or 'digits'} has them:\n\n" + (
        describe.text(values)
    )


def main() -> None:
    if FLAGS.list:
        print(describe.listing(config_file.notes()))
        return
    start = time.perf_counter()
    app.import_tensorflow()
    from tf_gan import distribute
    from tf_gan.callbacks import Stopped
    from tf_gan.runs import own_pictures
    from tf_gan.runs.train import train

    imported = time.perf_counter()
    workdir, config, given = run_directory(), FLAGS.config, given_fields(sys.argv[1:])
    with config.unlocked():
        for name, value in _own.items():
            fields.put(config, name, value)
    given |= set(_own)
    if "epochs" in given and "length" not in given:
        config.length = 0.0  # Epochs count, also where the config has a length.
        given |= {"length"}
    strategy = distribute.strategy(FLAGS.strategy, FLAGS.tpu, FLAGS.worker_timeout)
    chief = distribute.is_chief(strategy)
    if config.choose and not distribute.has_several_workers(strategy):
        config, text = own_pictures.fill(config, workdir, given)
        print(text, flush=True)
    elif FLAGS.dry_run:
        print(
            f"Nothing is chosen for the config {config.name}: --data=DIR without --config chooses."
            " --help shows its settings."
        )
    if FLAGS.dry_run:
        return
    try:
        model = train(config, workdir, strategy)
    except Stopped as stopped:
        if chief:
            longer = " for as long again; --minutes may be another number" if config.minutes else ""
            lines = [f"\n{stopped} The run is in {workdir}:", *next_commands(workdir, config)]
            print("\n".join([*lines, f"It is saved: the same command resumes it{longer}."]))
        return
    if chief:
        seconds, importing = time.perf_counter() - start, imported - start
        took = f"{seconds:.0f} s, {importing:.0f} s of it to import TensorFlow"
        print(summary(model, workdir, config, took))


def summary(model: "models.GenerativeModel", workdir: pathlib.Path, config, took: str) -> str:
    """Returns what a run left and what to do next."""
    from tf_gan.runs import run_callbacks

    best = run_callbacks.keep_best(config, workdir)
    field = "length" if config.length else "epochs"
    field += " and --config.patience" if best and best.is_exhausted else ""
    return "\n".join(
        [
            f"\nTrained to step {int(model.step.numpy()):,}; this call took {took}."
            f" The run is in {workdir}:",
            *next_commands(workdir, config),
            f"To train longer: the same command with a larger --config.{field}.",
        ]
    )


def next_commands(workdir: pathlib.Path, config) -> list[str]:
    """Returns the lines that name what a run left, and the commands to continue it."""
    from tf_gan import models
    from tf_gan.runs import progress

    kind = commands.sample_kind(models.get(config.model.name)) or "interpolation"
    lines, named = [], f"--workdir={shlex.quote(str(workdir))}"
    grids = sorted(workdir.joinpath("samples").glob("epoch_*.png"))
    if grids:
        gif = workdir / "samples.gif"
        moving = f"; {gif} shows how they developed" if gif.exists() else ""
        lines.append(f"  {grids[-1]}   samples{moving}")
    lines.append(f"  {workdir}/report.html   all of it as a page: open it in a browser")
    lines.append(f"  {workdir}/metrics.jsonl   losses and other logs of each epoch")
    if verdict := progress.verdict(workdir):
        lines.append(verdict)
    lines += [
        "Next:",
        f"  tf-gan-sample {named} --kind={kind} --output={kind.split()[0]}.png",
        *(
            [f"  tf-gan-replay {named}   a page that plays the training again"]
            if workdir.joinpath(directory.REPLAY).exists()
            else []
        ),
        f"  tf-gan-evaluate {named}   scores of the samples",
        f"  tf-gan-export {named}   the generator as a SavedModel, TFLite, ONNX or Keras file",
    ]
    if importlib.util.find_spec("tensorboard"):
        lines.append(f"  tensorboard --logdir={shlex.quote(str(workdir / 'events'))}")
    return lines


def run() -> None:
    app.run(sys.modules[__name__], main)


if __name__ == "__main__":
    run()
