"""Saves and stops at SIGTERM and SIGINT, and when the time is up."""

import math
import os
import signal
import sys
import threading
import time

import keras

from tf_gan import distribute

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """Training was stopped by a signal or a time limit; everything is saved."""


class StopOnSignal(keras.callbacks.Callback):
    """At SIGTERM or SIGINT, or when the time is up, finishes the running call of the
    compiled program, saves, and raises `Stopped`.

    A second signal ends the process at once, even during that call. If several workers
    train, a signal to any of them stops all of them at the same step. List this
    callback last, and call `fit` in its context: `with stop: model.fit(...)`.

    Args:
        save: Function that saves, such as `Checkpoints.save`; None on workers that do
            not save.
        minutes: Minutes from the start of the first `fit` until the time is up; 0 for no
            limit.
    """

    def __init__(self, save=None, minutes: float = 0.0):
        super().__init__()
        self.save, self.minutes = save, minutes
        self.received = None
        self._deadline = math.inf
        self._before: dict = {}

    @property
    def minutes_left(self) -> float:
        """Minutes until the time is up, > 0; 0 for no limit."""
        if not self.minutes or self._deadline == math.inf:
            return self.minutes
        return max(1e-3, (self._deadline - time.monotonic()) / 60)

    def __enter__(self):
        # Only the main thread may set handlers.
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
            # Python runs a handler only after the running call of the compiled
            # program. The wakeup pipe gets the number of the signal at once.
            reader, self._writer = os.pipe()
            os.set_blocking(self._writer, False)
            self._writer_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
            self._watch = threading.Thread(target=_watch, args=(reader,), daemon=True)
            self._watch.start()
        return self

    def __exit__(self, *_):
        if self._before:
            signal.set_wakeup_fd(self._writer_before)
            os.close(self._writer)
            self._watch.join()
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def _handle(self, number, frame):
        self.received = number

    def on_train_begin(self, logs=None):
        if self._deadline == math.inf:  # Not again where training is rolled back.
            self._deadline = time.monotonic() + 60 * self.minutes

    def on_train_batch_end(self, batch, logs=None):
        if not self.model.at_epoch_end:  # At its end, other callbacks first do their work.
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 != self.params.get("epochs"):  # There training ends by itself.
            self._stop()

    def _stop(self) -> None:
        is_late = bool(self.minutes) and time.monotonic() >= self._deadline
        stops = self.received is not None or is_late
        if distribute.any_worker(self.model.distribute_strategy, stops):
            if self.save is not None:
                self.save()
            reason = "the signal of another worker"
            if self.received is not None:
                reason = signal.Signals(self.received).name
            elif is_late:
                plural = "" if self.minutes == 1 else "s"
                reason = f"the limit of {self.minutes:g} minute{plural}"
            raise Stopped(f"Stopped by {reason} after step {int(self.model.step.numpy()):,}.")


def _watch(reader: int) -> None:
    """Reads the numbers of the signals when they arrive: answers the first, and ends
    the process at the second.
    """
    with open(reader, "rb", buffering=0) as stream:
        count = 0
        while number := stream.read(1):
            if number[0] not in SIGNALS:
                continue
            count += 1
            if count > 1:
                os._exit(128 + number[0])
            name = signal.Signals(number[0]).name
            print(
                f"\n{name}: finishing the running steps, then saving. A second signal ends the"
                " process at once.",
                file=sys.stderr,
                flush=True,
            )
