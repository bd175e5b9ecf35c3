"""How far a training is: a bar on a terminal, a line now and then in a file."""

import datetime
import sys
import time

import keras
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

SHORT = {"discriminator_loss": "D loss", "generator_loss": "G loss"}
# As measured on two cores: 5 to 10 s for MLPs, half a minute for FastGAN 8 wide, two for
# R3GAN 64 wide.
COMPILING = "Compiling the first step: seconds for small networks, a minute or two for large ones"


class Progress(keras.callbacks.Callback):
    """Shows the epoch, the step, the time left, the speed and two logs, losses if there
    are any; before the first step, that it is compiled, and behind it how long that took.

    On a terminal that is one bar for the whole of `fit`; in a notebook one line, which
    is replaced every second; in a file or a pipe a line for the first epoch, then one
    about every 30 seconds, and one at the end, without escape codes. Pass `verbose=0`
    to `fit`, and call `close()` after an error in it, so that the terminal gets its
    cursor back.

    Args:
        images_per_step: Training images in a step, >= 0; 0 shows steps per second.
        seconds: Seconds between lines in a file or a pipe, >= 0.
        minutes: Minutes after which `fit` is stopped, as by
            `StopOnSignal(minutes=...)`; 0 for no limit.
    """

    def __init__(self, images_per_step: int = 0, seconds: float = 30.0, minutes: float = 0.0):
        super().__init__()
        self.images_per_step, self.seconds, self.minutes = images_per_step, seconds, minutes
        self._bar = None

    def on_train_begin(self, logs=None):
        self._first, self._last, self._timer = None, None, None
        self._printed, self._begin = -float("inf"), time.monotonic()
        console = Console(file=sys.stdout)
        self._in_notebook = console.is_jupyter
        if console.is_terminal and not console.is_jupyter:
            columns = (BarColumn(10), TextColumn("{task.description}"))
            self._bar = Bar(*columns, console=console)
            self._task = self._bar.add_task(COMPILING, total=None)
            self._bar.start()
        else:
            self._print(f"{COMPILING}.")

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        if self._first is None:
            self._first, steps = int(self.model.step.numpy()), self.params.get("steps")
            # A resumed run starts in the middle of an epoch.
            done = self._first % steps if steps and self._first // steps == epoch else 0
            epochs = self.params["epochs"] - epoch
            self._total = self._first - done + epochs * steps if steps else None

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.step.numpy())
        if step == self._first:  # A batch of before the run was resumed.
            return
        if self._timer is None:  # After the first call, which compiles the program.
            self._timer = time.perf_counter(), step
            self._print_compiled(time.monotonic() - self._begin)
        if self._bar is not None:
            self._bar.update(
                self._task, completed=step, total=self._total, description=self._text(logs, SHORT)
            )

    def on_epoch_end(self, epoch, logs=None):
        self._last = self._text(logs, {})
        seconds = 1.0 if self._in_notebook else self.seconds
        if self._bar is None and time.monotonic() - self._printed >= seconds:
            self._print_last()

    def on_train_end(self, logs=None):
        if self._bar is None and self._last is not None:
            self._print_last()
        self.close()

    def close(self) -> None:
        """Ends the bar, and gives the terminal back its cursor."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        elif getattr(self, "_in_notebook", False):
            print()
            self._in_notebook = False

    def _print_compiled(self, seconds: float) -> None:
        text = f"The first steps took {seconds:.0f} s, compiling included."
        if self._bar is not None:
            self._bar.console.print(text)
        elif not self._in_notebook:
            self._print(text)

    def _print_last(self) -> None:
        self._print(self._last)
        self._last, self._printed = None, time.monotonic()

    def _print(self, text: str) -> None:
        if self._in_notebook:
            print(f"\r{text:<130}", end="", flush=True)  # Over the line before.
        else:
            print(text, flush=True)

    def _left(self, seconds: float) -> str:
        limit = 60 * self.minutes - (time.monotonic() - self._begin)
        if self.minutes and limit < seconds:
            left = datetime.timedelta(seconds=max(0, round(limit)))
            return f"{left} left until the time limit"
        return f"{datetime.timedelta(seconds=round(seconds))} left"

    def _text(self, logs: dict | None, names: dict[str, str]) -> str:
        step = int(self.model.step.numpy())
        total = f"/{self._total:,}" if self._total else ""
        parts = [f"epoch {self._epoch + 1}/{self.params['epochs']}", f"step {step:,}{total}"]
        start, first = self._timer
        if step > first:
            rate = (step - first) / (time.perf_counter() - start)
            if self._total:
                parts.append(self._left((self._total - step) / rate))
            parts.append(
                f"{rate * self.images_per_step:,.0f} images/s"
                if self.images_per_step
                else f"{rate:.1f} steps/s"
            )
        logs = logs or {}
        losses_first = sorted(logs, key=lambda name: "loss" not in name)
        for name in losses_first[:2]:
            parts.append(f"{names.get(name, name)} {float(logs[name]):.3g}")
        return "  ".join(parts)
