"""`python -m tf_gan COMMAND`: the commands where their scripts are not on the path.

    python -m tf_gan train --config=mnist

does what `tf-gan-train --config=mnist` does.
"""

import importlib
import sys

from tf_gan import registry
from tf_gan.errors import did_you_mean

COMMANDS = registry.summaries("cli", "run")
COMMANDS.pop("app")  # What they share.


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in COMMANDS:
        sys.argv = [f"tf-gan-{name}", *sys.argv[2:]]
        importlib.import_module(f"tf_gan.cli.{name}").run()
        return
    if name not in ("", "-h", "--help"):
        hint = did_you_mean(name, COMMANDS) or f" Expected one of {', '.join(COMMANDS)}"
        sys.exit(f"python -m tf_gan: no command {name!r}.{hint}")
    print(f"{__doc__}\n" + "\n".join(f"  {each}: {COMMANDS[each]}" for each in COMMANDS))


if __name__ == "__main__":
    main()
