"""Images in a file, read row by row: sets that are larger than memory."""

import contextlib
import os
import pathlib
import weakref
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_gan.errors import UserError


class StoredImages:
    """uint8 images in a file, one after the other, where `Examples` have an array.

    A slice or an index array gives other `StoredImages` and reads nothing;
    `np.asarray` reads. The file stays open: removing it takes nothing from a training.

    Args:
        path: The file: rows of `prod(image_shape)` bytes.
        image_shape: Shape of one image.
        rows: Rows of the file that are the images, integers of shape `(N,)`; None for
            all of them.

    Raises:
        OSError: if the file cannot be opened.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, path, image_shape: tuple[int, ...], rows: np.ndarray | None = None):
        self._file = _File(pathlib.Path(path))
        self.image_shape = tuple(image_shape)
        self._size = int(np.prod(self.image_shape))
        if rows is None:
            rows = np.arange(os.fstat(self._file.descriptor).st_size // self._size)
        self._rows = np.asarray(rows, np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.image_shape)

    @property
    def ndim(self) -> int:
        return 1 + len(self.image_shape)

    @property
    def error(self) -> UserError | None:
        """The last error of a read, which TensorFlow would hide."""
        return self._file.error

    def __getitem__(self, index) -> "StoredImages":
        """Returns the images of a slice or of an index array."""
        part = object.__new__(StoredImages)
        part.__dict__.update(self.__dict__, _rows=self._rows[index])
        return part

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        images = self.take(np.arange(len(self)))
        return images if dtype is None else images.astype(dtype)

    def take(self, index: np.ndarray) -> np.ndarray:
        """Returns the images of an index array, uint8 of shape `(n, *image_shape)`.

        Raises:
            UserError: if the file has become shorter, or cannot be read any more.
        """
        images = np.empty((len(index), self._size), np.uint8)
        for image, row in zip(images, self._rows[index], strict=True):
            self._file.read(image, int(row) * self._size)
        return images.reshape(-1, *self.image_shape)


class _File:
    """An open file, closed with the last of those who read it."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.error: UserError | None = None
        self.descriptor = os.open(path, os.O_RDONLY)
        # Not at the end of the program: threads of tf.data may still read then.
        weakref.finalize(self, os.close, self.descriptor).atexit = False

    def read(self, target: np.ndarray, start: int) -> None:
        """Fills a uint8 array of shape `(n,)` with the bytes from `start` on."""
        try:
            count = os.preadv(self.descriptor, [target.data], start)
        except OSError as error:
            raise self._failure(error.strerror or str(error)) from error
        if count < target.size:
            raise self._failure("it is shorter than it was")

    def _failure(self, reason: str) -> UserError:
        self.error = UserError(
            f"{self.path}, the cache of the images, cannot be read any more: {reason}. Remove its"
            " folder; the same command makes it again and resumes from the last checkpoint"
        )
        return self.error


def gather_from(images) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a function from the numbers of images, int32 of shape `(n,)`, to the
    images.

    Args:
        images: Array, which becomes one constant, or `StoredImages`.
    """
    if not isinstance(images, StoredImages):
        constant = tf.constant(images)
        return lambda index: tf.gather(constant, index)

    def gather(index):
        # Not stateful: with deterministic ops such functions would run one by one.
        batch = tf.numpy_function(images.take, [index], tf.uint8, stateful=False)
        return tf.ensure_shape(batch, [*index.shape, *images.image_shape])

    return gather


@contextlib.contextmanager
def read_errors_named(images):
    """Raises the error of a file of images in place of TensorFlow's about a function.

    Args:
        images: Array or `StoredImages` from which a model is trained in the context.

    Raises:
        UserError: if the file could not be read.
    """
    try:
        yield
    except tf.errors.OpError as error:
        cause = getattr(images, "error", None)
        if cause is None:
            raise
        raise cause from error
