"""What the binaries share: help, flags that explain themselves, and errors without a
traceback.
"""

import difflib
import os
import sys

from absl import app, flags, logging

from tf_gan.callbacks.health import NonFiniteError
from tf_gan.config import default_config
from tf_gan.distribute import WorkerLost

USER_ERRORS = (ValueError, OSError, NonFiniteError, WorkerLost)


def run(module, main) -> None:
    """Parses the flags of a binary and calls `main()`; an error of the user's is one
    message on stderr and exit code 1.

    Args:
        module: The binary's module: `define_flags()` and the docstring for `--help`.
        main: What to call then.
    """
    name = sys.argv[0].rsplit("/", 1)[-1]
    # TensorFlow's own progress is not the user's; --verbosity=0 shows it.
    logging.set_verbosity(logging.WARNING)
    if {"--help", "-h", "-help"} & set(sys.argv[1:]):
        known = set(flags.FLAGS)
        sys.argv = sys.argv[:1]
        module.define_flags()
        texts = [_describe(flags.FLAGS[flag]) for flag in sorted(set(flags.FLAGS) - known)]
        print(f"{module.__doc__}\n\n" + "\n".join(texts))
        return

    def parse(argv):
        try:
            module.define_flags()
            return flags.FLAGS(argv)
        except flags.Error as error:
            sys.exit(f"{name}: {str(error).rstrip('.')}. --help lists the flags.")
        # config_flags lets through whatever the config file raises or its locked fields
        # refuse.
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            OSError,
            SyntaxError,
            ImportError,
        ) as error:
            sys.exit(
                f"{name}:"
                f" {_unknown_field(argv) or f'--config cannot be used: {str(error).strip()}'}"
            )

    def guarded(argv):
        if len(argv) > 1:
            sys.exit(
                f"{name}: unexpected argument {argv[1]!r}. Flags are written --name=value; --help"
                " lists them."
            )
        try:
            main()
        except USER_ERRORS as error:
            sys.exit(f"{name}: {error}")
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as error:
            if os.environ.get("TF_GAN_TRACEBACK"):
                raise
            text = str(error).strip().splitlines() or [""]
            sys.exit(
                f"{name}: {type(error).__name__}: {text[0][:500]}. This has no better message yet;"
                " TF_GAN_TRACEBACK=1 shows where it comes from."
            )

    app.run(guarded, flags_parser=parse)


def _describe(flag: flags.Flag) -> str:
    choices = f" <{'|'.join(flag.parser.enum_values)}>" if isinstance(flag, flags.EnumFlag) else ""
    default = (
        f" (default: {flag.default})"
        if isinstance(flag.default, (str, int, float)) and flag.default != ""
        else ""
    )
    return f"  --{flag.name}{choices}{default}\n      {flag.help.split('>: ')[-1]}"


def _unknown_field(argv: list[str]) -> str | None:
    """Returns a message if one of the `--config.FIELD` arguments names no field."""
    fields = list(_fields(default_config()))
    for argument in argv:
        field = argument.lstrip("-").split("=")[0].removeprefix("config.")
        if (
            argument.lstrip("-").startswith("config.")
            and field not in fields
            and not field.startswith(("networks.", "model.arguments."))
        ):
            close = difflib.get_close_matches(field, fields, n=3, cutoff=0.4)
            sections = ", ".join(sorted({f.split(".")[0] for f in fields}))
            return f"The config has no field {field!r}." + (
                f" Did you mean {' or '.join(close)}?" if close else f" It has: {sections}"
            )
    return None


def _fields(config, prefix=""):
    for key, value in config.items():
        yield prefix + key
        if hasattr(value, "items"):
            yield from _fields(value, f"{prefix}{key}.")
