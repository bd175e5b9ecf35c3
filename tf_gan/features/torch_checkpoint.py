"""Reads the tensors of a PyTorch checkpoint without PyTorch, and without running
anything that the file asks for.

A checkpoint is a pickle beside raw arrays. A pickle may name any function and have it
called; here the only names that mean anything are those that a mapping of tensors
needs, and they make records of this file, not objects of PyTorch. Any other name is
refused before it is looked up. Both layouts that `torch.save` has had are read: a zip
archive (since PyTorch 1.6, 2020) and, before it, pickles and arrays one after the
other.
"""

import collections
import dataclasses
import io
import math
import pickle
import struct
import zipfile
from typing import ClassVar

import numpy as np

from tf_gan.errors import UserError, reason

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C  # What the first pickle of the older layout holds.
STORAGES = {
    ("torch", "DoubleStorage"): "<f8",
    ("torch", "FloatStorage"): "<f4",
    ("torch", "HalfStorage"): "<f2",
    ("torch", "LongStorage"): "<i8",
    ("torch", "IntStorage"): "<i4",
}


def read_checkpoint(content: bytes) -> dict[str, np.ndarray]:
    """Returns the tensors of a checkpoint by their names.

    Args:
        content: The file: what `torch.save(module.state_dict(), path)` wrote, in either
            layout.

    Raises:
        ValueError: if it is something else, is damaged, or its pickle names anything
            but tensors and dictionaries.
    """
    try:
        tensors, storages = (_read_zip if content[:2] == b"PK" else _read_stream)(content)
        if not isinstance(tensors, dict):
            raise UserError(f"it holds a {type(tensors).__name__}, not a dictionary of tensors")
        return {name: tensor.array(storages) for name, tensor in tensors.items()}
    except MemoryError:  # Not the file's fault.
        raise
    except Exception as error:  # pickle, zipfile and zlib fail in ways of their own.
        raise UserError(
            "Expected a PyTorch checkpoint that holds a dictionary of tensors and nothing else:"
            f" {reason(error)}"
        ) from error


@dataclasses.dataclass(frozen=True)
class _Storage:
    dtype: str
    key: str


@dataclasses.dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self, storages: dict[str, bytes]) -> np.ndarray:
        data = np.frombuffer(storages[self.storage.key], self.storage.dtype)
        last = self.offset + sum(
            (size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True)
        )
        # A view reaches as far as its strides say: beyond the array it would show the
        # memory behind it.
        reach = last + 1 if math.prod(self.shape) else 0
        if min(self.offset, *self.shape, *self.strides, 0) < 0 or max(
            reach, self.offset, math.prod(self.shape)
        ) > len(data):
            raise UserError(
                f"a tensor of shape {self.shape} does not fit into its storage of {len(data)}"
                " numbers"
            )
        strides = [stride * data.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(data[self.offset :], self.shape, strides).copy()


def _unpickler(stream: io.BytesIO):
    # Functions of this call, so that a file that sets attributes on them changes
    # nothing for the next one.
    def rebuild_tensor(storage, offset, shape, strides, *_):
        if not isinstance(storage, _Storage):
            raise pickle.UnpicklingError("a tensor without a storage")
        return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))

    names = {
        ("collections", "OrderedDict"): lambda: _Dict(),
        ("torch._utils", "_rebuild_tensor"): rebuild_tensor,
        ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
        ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
    } | STORAGES

    class Unpickler(pickle.Unpickler):
        # Of the storages by their keys: the older layout says it nowhere else.
        itemsizes: ClassVar[dict[str, int]] = {}

        def find_class(self, module, name):
            if (module, name) not in names:
                raise pickle.UnpicklingError(
                    f"its pickle names {module}.{name}, which is no part of a dictionary of"
                    " tensors; nothing of it was run"
                )
            return names[module, name]

        def persistent_load(self, pid):
            kind, dtype, key, *_ = pid
            if kind != "storage" or dtype not in STORAGES.values():
                raise pickle.UnpicklingError(f"a reference to {kind!r}")
            self.itemsizes[str(key)] = np.dtype(dtype).itemsize
            return _Storage(dtype, str(key))

    return Unpickler(stream)


class _Dict(collections.OrderedDict):
    """A dictionary that takes the attributes which a state_dict carries along, and
    drops them.
    """

    def __setstate__(self, state):
        pass


def _read_zip(content: bytes):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(names) != 1:
            raise UserError("the archive has no data.pkl")
        folder = names[0].removesuffix("data.pkl")
        if (
            f"{folder}byteorder" in archive.namelist()
            and archive.read(f"{folder}byteorder") != b"little"
        ):
            raise UserError("its arrays are big-endian")
        tensors = _unpickler(io.BytesIO(archive.read(names[0]))).load()
        data = f"{folder}data/"
        return tensors, {
            name.removeprefix(data): archive.read(name)
            for name in archive.namelist()
            if name.startswith(data)
        }


def _read_stream(content: bytes):
    stream = io.BytesIO(content)
    if _unpickler(stream).load() != MAGIC_NUMBER:
        raise UserError("it does not begin as one does")
    _unpickler(stream).load()  # The version of the layout.
    if not _unpickler(stream).load()["little_endian"]:
        raise UserError("its arrays are big-endian")
    unpickler = _unpickler(stream)
    tensors = unpickler.load()
    storages = {}
    for key in _unpickler(stream).load():
        (count,) = struct.unpack("<q", stream.read(8))
        storages[key] = stream.read(count * unpickler.itemsizes[key])
    return tensors, storages
