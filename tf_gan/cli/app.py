"""What the binaries share: help, flags that explain themselves, and errors.

A mistake of the user's (`UserError`) is one line. Anything else is a bug: one line, and
the traceback in `error.log` of the run directory.
"""

import contextlib
import datetime
import importlib
import os
import pathlib
import re
import shlex
import sys
import tempfile
import textwrap
import traceback

from absl import app, flags, logging

from tf_gan.errors import NonFiniteError, UserError, WorkerLost
from tf_gan.fast import onednn
from tf_gan.io import paths
from tf_gan.reports import commands
from tf_gan.runs import config_file

USER_ERRORS = (UserError, NonFiniteError, WorkerLost)


def run(module, main) -> None:
    """Parses the flags of a binary and calls `main()`. An error is one message on
    stderr and exit code 1; with TF_GAN_TRACEBACK=1 it is a traceback.

    Args:
        module: The binary's module: `define_flags()`, the docstring for `--help`, and
            possibly `run_directory()`, by default --workdir, and `more_help(arguments)`,
            which `--help` ends with. TensorFlow is imported in `main`, so that help is
            there at once.
        main: What to call then.
    """
    name = sys.argv[0].rsplit("/", 1)[-1]
    # TensorFlow's own progress is not the user's; --verbosity=0 shows it.
    logging.set_verbosity(logging.WARNING)
    if {"--help", "-h", "-help"} & set(sys.argv[1:]):
        known = set(flags.FLAGS)
        arguments = sys.argv[1:]
        sys.argv = sys.argv[:1]
        module.define_flags()
        texts = [_describe(flags.FLAGS[flag]) for flag in sorted(set(flags.FLAGS) - known)]
        with _mistakes_explained(name, arguments):
            arguments = getattr(module, "expand", list)(_joined(arguments))
            more = getattr(module, "more_help", lambda arguments: "")(arguments)
        with contextlib.suppress(BrokenPipeError):
            print(f"{module.__doc__}\n\n" + "\n".join(texts) + more, flush=True)
        _drop_output()
        return

    def parse(argv):
        commands.typed = argv[1:]
        with _mistakes_explained(name, argv):
            # ml_collections reads the fields of the config from there.
            argv = sys.argv = getattr(module, "expand", list)(_joined(argv))
            module.define_flags()
            return flags.FLAGS([_with_config_path(argument) for argument in argv])

    def guarded(argv):
        if len(argv) > 1:
            hint = f" For a folder of pictures: --data={argv[1]}." if os.path.isdir(argv[1]) else ""
            sys.exit(
                f"{name}: unexpected argument {argv[1]!r}. Flags are written --name=value; --help"
                f" lists them.{hint}"
            )
        try:
            main()
        except KeyboardInterrupt:
            sys.exit(130)
        except BrokenPipeError:  # Of `tf-gan-train --list | head`.
            _drop_output()
            sys.exit(141)
        except Exception as error:
            if os.environ.get("TF_GAN_TRACEBACK"):
                raise
            if isinstance(error, USER_ERRORS):
                sys.exit(f"{name}: {error}")
            log = _write_traceback(getattr(module, "run_directory", _workdir)())
            text = str(error).strip().splitlines() or [""]
            sys.exit(
                f"{name}: {type(error).__name__}: {text[0][:500]}\nA bug, not a mistake in your"
                " flags: in tf_gan, or in a network, model or data module of your own. The"
                f" traceback is in {log}; set TF_GAN_TRACEBACK=1 to see it here."
            )

    app.run(guarded, flags_parser=parse)


@contextlib.contextmanager
def _mistakes_explained(name: str, argv: list[str]):
    """Ends the process with one line at a mistake in flags, the config file or its fields.

    Args:
        name: The binary's.
        argv: The arguments.
    """
    try:
        yield
    except UserError as error:
        sys.exit(f"{name}: {error}")
    except flags.Error as error:
        text = _plain(error)
        sys.exit(f"{name}: {text}{'' if text.endswith('?') else '.'} --help lists the flags.")
    # config_flags lets through whatever the config file raises or its locked fields refuse.
    except Exception as error:
        if os.environ.get("TF_GAN_TRACEBACK"):
            raise
        text = config_file.unknown_flag(argv) or (
            f"--config cannot be used: {str(error).strip()}\n"
            "TF_GAN_TRACEBACK=1 shows where in the file."
        )
        sys.exit(f"{name}: {text}")


def import_tensorflow() -> None:
    """Imports TensorFlow, with oneDNN on, and without its notes about CUDA and oneDNN, some
    of which no setting of its own turns off. TF_CPP_MIN_LOG_LEVEL=0 shows all that its C++
    code says; its errors are Python exceptions, and warnings of Python code are shown.
    """
    onednn.turn_on()
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "0" or "tensorflow" in sys.modules:
        return
    with tempfile.TemporaryFile() as file:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            file.seek(0)
            for line in file.read().decode(errors="replace").splitlines():
                if not re.match(r"I0000 |WARNING: All log messages before absl::Init", line):
                    print(line, file=sys.stderr)


def define_checkpoint() -> None:
    """Defines the flag of the binaries that read a trained run."""
    flags.DEFINE_string(
        "checkpoint",
        "latest",
        "Which checkpoint of the run: latest, best (the one of --config.keep_best), or the step of"
        " one that the run keeps (--config.checkpoints_kept), such as 12000.",
    )
    flags.DEFINE_integer(
        "standing_batches",
        0,
        "Minibatches from which the statistics of BatchNormalization in the generator are computed"
        " again before it samples, such as 16; 0 takes those of training.",
        lower_bound=0,
    )


def define_output(help: str) -> None:
    """Defines the flags of a file to write."""
    flags.DEFINE_string("output", None, help)
    flags.DEFINE_bool(
        "overwrite", False, "Whether the file to write may replace one that is there."
    )


def check_output(path=None) -> None:
    """Raises a UserError if `path`, by default that of --output, is an address, or there is
    a file and --overwrite is not given.
    """
    path = path or flags.FLAGS.output
    if path:
        paths.check_path(path, "--output", written=True)
    if path and pathlib.Path(path).exists() and not flags.FLAGS.overwrite:
        raise UserError(
            f"{path} is there already. Choose another --output, or allow it with --overwrite."
        )


def load_run():
    """Returns the model and the config of the run of the flags `workdir`, `checkpoint` and
    `standing_batches`.
    """
    from tf_gan.runs import build

    model, config = build.load(flags.FLAGS.workdir, flags.FLAGS.checkpoint)
    if flags.FLAGS.standing_batches:
        model.set_standing_statistics(flags.FLAGS.standing_batches)
    return model, config


def _drop_output() -> None:
    """Lets Python end without a word where nobody reads what it prints any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _workdir() -> str:
    return flags.FLAGS.workdir


def _write_traceback(directory) -> pathlib.Path:
    """Appends the traceback of the current error to a file in the run directory, or in
    a temporary one if that cannot be written; returns the file.
    """
    text = (
        f"{datetime.datetime.now().isoformat(timespec='seconds')}  {shlex.join(sys.argv)}\n"
        f"{traceback.format_exc()}\n"
    )
    path = pathlib.Path(directory, "error.log")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(text)
    except OSError:
        path = pathlib.Path(tempfile.mkdtemp(prefix="tf_gan-"), "error.log")
        path.write_text(text)
    return path


def _plain(error: flags.Error) -> str:
    """Returns what is wrong with the flags, without absl's words for a flag that is
    missing.
    """
    text = re.sub(r"\. Did you mean: (\S+) \?", r". Did you mean --\1?", str(error)).rstrip(".")
    text = re.sub(
        r"invalid literal for int\(\) with base 10: ", "expected an integer, received ", text
    )
    text = re.sub(r"could not convert string to float: ", "expected a number, received ", text)
    unknown = re.match(r"Unknown command line flag '([\w.]+)'", text)
    if unknown and config_file.is_field(unknown[1]):
        return f"{text}. Settings are written --config.{unknown[1]}=VALUE"
    if text.endswith("must have a value other than None"):
        missing = text.split("--")[1].split("=")[0]
        return f"Expected --{missing}=VALUE. {flags.FLAGS[missing].help.rstrip('.')}"
    return text


def _joined(argv: list[str]) -> list[str]:
    """Returns the arguments with `--config NAME` as `--config=NAME`."""
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] in ("--config", "-config") and not argument.startswith("-"):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _with_config_path(argument: str) -> str:
    """Returns an argument; `--config=NAME` with the path of that config.

    Raises:
        UserError: for a config that cannot be used.
    """
    flag, equals, value = argument.partition("=")
    if flag in ("--config", "-config") and equals:
        config_file.load(value)  # ml_collections says nothing of a file that returns no config.
        return f"{flag}={config_file.find(value)}"
    return argument


def _describe(flag: flags.Flag) -> str:
    choices = f" <{'|'.join(flag.parser.enum_values)}>" if isinstance(flag, flags.EnumFlag) else ""
    default = (
        f" (default: {flag.default})"
        if isinstance(flag.default, (str, int, float)) and flag.default != ""
        else ""
    )
    lines = flag.help.split(">: ")[-1].splitlines()
    wrapped = []
    for line in lines:
        indent = " " * max(6, len(line) - len(line.lstrip()))
        hanging = f"{indent}  " if len(indent) > 6 else indent  # Names and what they are.
        wrapped.append(
            textwrap.fill(line.strip(), 96, initial_indent=indent, subsequent_indent=hanging)
        )
    return "\n".join([f"  --{flag.name}{choices}{default}", *wrapped])
