"""An orderly end at SIGTERM and SIGINT."""

import signal
import threading

import keras

from tf_gan import distribute

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """Training ended at a signal, everything saved."""


class StopOnSignal(keras.callbacks.Callback):
    """At SIGTERM or SIGINT lets the running call of the compiled program finish, saves, and raises `Stopped`; a second signal ends the process.

    Where several workers train, the signal of one stops them all at the same step. List it last.

    Args:
        save: Function that saves, such as `Checkpoints.save`; None on workers that do not.
    """

    def __init__(self, save=None):
        super().__init__()
        self.save = save
        self.received = None
        self._before = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # Python lets no other thread have handlers.
            self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        if self.received is not None:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.received = number

    def on_train_batch_end(self, batch, logs=None):
        if not self.model.at_epoch_end:  # There the other callbacks' work of the epoch comes first.
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        self._stop()

    def _stop(self) -> None:
        if distribute.any_worker(self.model.distribute_strategy, self.received is not None):
            if self.save is not None:
                self.save()
            name = "the signal of another worker" if self.received is None else signal.Signals(self.received).name
            raise Stopped(f"Stopped by {name} after step {int(self.model.step.numpy()):,}.")
