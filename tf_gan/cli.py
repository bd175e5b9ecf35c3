"""What the binaries share: flags that explain themselves, and errors without a traceback."""

import sys

from absl import app, flags, logging

from tf_gan.callbacks.health import NonFiniteError

USER_ERRORS = (ValueError, OSError, NonFiniteError)


def run(main) -> None:
    """Parses the flags and calls `main()`; an error of the user's is one message on stderr and exit code 1."""
    name = sys.argv[0].rsplit("/", 1)[-1]

    logging.set_verbosity(logging.WARNING)  # TensorFlow's own progress is not the user's; --verbosity=0 shows it.

    def guarded(argv):
        if len(argv) > 1:
            sys.exit(f"{name}: unexpected argument {argv[1]!r}. Flags are written --name=value; --help lists them.")
        try:
            main()
        except USER_ERRORS as error:
            sys.exit(f"{name}: {error}")
        except KeyboardInterrupt:
            sys.exit(130)

    app.run(guarded, flags_parser=lambda argv: _parse(name, argv))


def _parse(name: str, argv: list[str]) -> list[str]:
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(f"{name}: {error}. --help lists the flags.")
    # config_flags raises whatever the config file raised or its locked fields refused.
    except (AttributeError, KeyError, TypeError, ValueError, OSError, SyntaxError, ImportError) as error:
        sys.exit(f"{name}: {str(error).strip()}")
