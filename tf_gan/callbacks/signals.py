"""An orderly end at SIGTERM and SIGINT."""

import os
import signal
import sys
import threading

import keras

from tf_gan import distribute

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """Training ended at a signal, everything saved."""


class StopOnSignal(keras.callbacks.Callback):
    """At SIGTERM or SIGINT lets the running call of the compiled program finish, saves,
    and raises `Stopped`.

    A second signal ends the process at once, in the middle of that call too. Where
    several workers train, the signal of one stops them all at the same step. List it
    last.

    Args:
        save: Function that saves, such as `Checkpoints.save`; None on workers that do
            not.
    """

    def __init__(self, save=None):
        super().__init__()
        self.save = save
        self.received = None
        self._before = {}

    def __enter__(self):
        # Python lets no other thread have handlers.
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
            # Handlers wait for the running call of the compiled program; what is
            # written here at each signal is seen meanwhile.
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

    def on_train_batch_end(self, batch, logs=None):
        if not self.model.at_epoch_end:  # There the other callbacks' work of the epoch comes first.
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        self._stop()

    def _stop(self) -> None:
        if distribute.any_worker(self.model.distribute_strategy, self.received is not None):
            if self.save is not None:
                self.save()
            name = (
                "the signal of another worker"
                if self.received is None
                else signal.Signals(self.received).name
            )
            raise Stopped(f"Stopped by {name} after step {int(self.model.step.numpy()):,}.")


def _watch(reader: int) -> None:
    """Reads the numbers of the signals as they come; answers the first one and ends the
    process at the second.
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
                f"\n{name}: the running steps are finished, then saved. A second signal ends the"
                " process at once.",
                file=sys.stderr,
                flush=True,
            )
