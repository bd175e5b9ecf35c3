"""Checkpoints of PyTorch, written here byte for byte in both of its layouts, and files
that want more than to be read.
"""

import collections
import io
import pickle
import struct
import sys
import types
import zipfile

import numpy as np
import pytest
from support.bomb import Bomb

from tf_gan.errors import UserError
from tf_gan.features.torch_checkpoint import MAGIC_NUMBER, read_checkpoint

REFUSED = "Expected a PyTorch checkpoint that holds a dictionary of tensors and nothing else"
ARRAYS = {
    "conv.weight": np.random.default_rng(0).normal(size=(3, 2, 5, 1)).astype(np.float32),
    "bn.bias": np.arange(4, dtype=np.float32),
    "bn.num_batches_tracked": np.array(7, np.int64),
    "half": np.array([0.5, -2], np.float16),
    "none": np.zeros((0, 3), np.float32),
    "double": np.array([[0.1, -2.5]], np.float64),
    "int": np.array([1, -(2**31)], np.int32),
}
STORAGES = {
    **{"float64": "DoubleStorage", "float32": "FloatStorage", "float16": "HalfStorage"},
    **{"int64": "LongStorage", "int32": "IntStorage"},
}


class Writer:
    """What `torch.save` does, without PyTorch: names of PyTorch in a pickle, arrays
    beside it.
    """

    def __init__(self, monkeypatch):
        def rebuild(*_):
            raise AssertionError("Nobody calls this: the reader has its own.")

        self.names = {}
        functions = [("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_parameter")]
        for module, name in functions + [("torch", storage) for storage in STORAGES.values()]:
            function = types.FunctionType(rebuild.__code__, {}, name)
            function.__module__, function.__qualname__ = module, name
            self.names[name] = function
            if module not in sys.modules or not hasattr(sys.modules[module], "stand_in"):
                monkeypatch.setitem(sys.modules, module, types.ModuleType(module))
                sys.modules[module].stand_in = True
            setattr(sys.modules[module], name, function)
        self.arrays = {}

    def tensor(self, array, parameter=False, strides=None, shape=None, offset=0):
        class Reference:
            def __init__(self, pid):
                self.pid = pid

        class Tensor:
            def __reduce__(_):
                key = str(len(self.arrays))
                self.arrays[key] = array
                storage = Reference(
                    ("storage", self.names[STORAGES[array.dtype.name]], key, "cpu", array.size)
                )
                steps = strides or tuple(step // array.itemsize for step in array.strides)
                hooks = collections.OrderedDict()
                return self.names["_rebuild_tensor_v2"], (
                    storage,
                    offset,
                    shape or array.shape,
                    steps,
                    False,
                    hooks,
                )

        class Parameter:
            def __reduce__(_):
                return self.names["_rebuild_parameter"], (Tensor(), True, collections.OrderedDict())

        return Parameter() if parameter else Tensor()

    def pickle(self, value, legacy) -> bytes:
        class Pickler(pickle.Pickler):
            def persistent_id(_, value):
                pid = getattr(value, "pid", None)
                return pid and (pid + (None,) if legacy else pid)

        stream = io.BytesIO()
        Pickler(stream, protocol=2).dump(value)
        return stream.getvalue()

    def save(self, value, legacy=False, byteorder=b"little") -> bytes:
        self.arrays.clear()
        stream = io.BytesIO()
        content = self.pickle(value, legacy)
        if legacy:
            for part in (
                MAGIC_NUMBER,
                1001,
                {
                    "protocol_version": 1001,
                    "little_endian": byteorder == b"little",
                    "type_sizes": {"int": 4},
                },
            ):
                stream.write(pickle.dumps(part, protocol=2))
            stream.write(content + pickle.dumps(list(self.arrays), protocol=2))
            for array in self.arrays.values():
                stream.write(struct.pack("<q", array.size) + array.tobytes())
        else:
            with zipfile.ZipFile(stream, "w") as archive:
                archive.writestr("random/data.pkl", content)
                archive.writestr("random/byteorder", byteorder)
                for key, array in self.arrays.items():
                    archive.writestr(f"random/data/{key}", array.tobytes())
        return stream.getvalue()


@pytest.fixture
def writer(monkeypatch):
    return Writer(monkeypatch)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "stream"])
@pytest.mark.parametrize("parameter", [False, True], ids=["tensors", "parameters"])
def test_both_layouts(writer, legacy, parameter):
    state = collections.OrderedDict(
        (name, writer.tensor(array, parameter)) for name, array in ARRAYS.items()
    )
    state._metadata = collections.OrderedDict([("", {"version": 1})])  # As a state_dict has it.
    read = read_checkpoint(writer.save(state, legacy))
    assert list(read) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(read[name], array, strict=True)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "stream"])
def test_views_of_an_array(writer, legacy):
    """A transposed part: two columns of three numbers, from the second number on."""
    array = np.arange(8, dtype=np.float32)
    view = writer.tensor(array, shape=(2, 3), strides=(1, 2), offset=1)
    read = read_checkpoint(writer.save({"a": view}, legacy))
    np.testing.assert_array_equal(read["a"], [[1, 3, 5], [2, 4, 6]])


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "stream"])
def test_pytorch_itself(legacy):
    torch = pytest.importorskip(
        "torch", reason="PyTorch is not installed; the layouts are also tested without it"
    )
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, (1, 7)), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2).double()
    )
    state = module.state_dict()
    state["parameter"], state["transposed"] = (
        module[0].weight,
        module[0].weight.data.permute(3, 0, 2, 1),
    )
    stream = io.BytesIO()
    torch.save(state, stream, _use_new_zipfile_serialization=not legacy)
    read = read_checkpoint(stream.getvalue())
    assert list(read) == list(state)
    for name, tensor in state.items():
        np.testing.assert_array_equal(read[name], tensor.detach().numpy(), strict=True)


# === Files that want more ===


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "stream"])
def test_code_is_refused(writer, legacy):
    with pytest.raises(
        UserError, match=rf"{REFUSED}: its pickle names (builtins|__builtin__)\.setattr"
    ):
        read_checkpoint(writer.save({"a": writer.tensor(ARRAYS["bn.bias"]), "b": Bomb()}, legacy))
    with pytest.raises(UserError, match=REFUSED):
        read_checkpoint(pickle.dumps(Bomb()))
    assert not Bomb.exploded


@pytest.mark.parametrize(
    "name",
    [
        "os system",
        "builtins eval",
        "torch load",
        "torch._utils _import_dotted_name",
        "collections Counter",
    ],
)
def test_other_names_are_refused(name):
    module, function = name.split()
    content = b"c%b\n%b\n(S'x'\ntR." % (module.encode(), function.encode())
    with pytest.raises(
        UserError,
        match=f"its pickle names {module}.{function}, which is no part of a dictionary of tensors",
    ):
        read_checkpoint(content)


@pytest.mark.parametrize(
    "view",
    [
        {"shape": (5,)},
        {"strides": (2,)},
        {"offset": 1},
        {"offset": -1},
        {"shape": (2**40,), "strides": (0,)},
        {"shape": (-4,)},
        {"strides": (-1,)},
    ],
    ids=lambda view: "-".join(f"{key}" for key in view),
)
def test_views_beyond_their_array_are_refused(writer, view):
    view = {"strides": (1,)} | view
    with pytest.raises(UserError, match="does not fit into its storage of 4 numbers"):
        read_checkpoint(writer.save({"a": writer.tensor(ARRAYS["bn.bias"], **view)}))


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "stream"])
def test_damaged_files(writer, legacy):
    content = writer.save({name: writer.tensor(array) for name, array in ARRAYS.items()}, legacy)
    for size in [0, 1, 2, 10, *range(20, len(content) - 1, 37)]:
        with pytest.raises(UserError, match=REFUSED):
            read_checkpoint(content[:size])


def test_damaged_compression_and_encryption(writer):
    stored = writer.save({name: writer.tensor(array) for name, array in ARRAYS.items()})
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(stored)) as archive,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as deflated,
    ):
        for name in archive.namelist():
            deflated.writestr(name, archive.read(name))
        start = deflated.getinfo("random/data.pkl").header_offset + 30 + len("random/data.pkl")
    assert list(read_checkpoint(stream.getvalue())) == list(ARRAYS)
    damaged = bytearray(stream.getvalue())
    damaged[start] = 0b111  # A block of a kind that there is not.
    encrypted = bytearray(stored)
    for place in (stored.index(b"PK\1\2") + 8, 6):
        encrypted[place] |= 1
    for content, problem in ((damaged, "invalid block type"), (encrypted, "is encrypted")):
        with pytest.raises(UserError, match=f"{REFUSED}.*{problem}"):
            read_checkpoint(bytes(content))


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "stream"])
@pytest.mark.parametrize(
    "value", [[1, 2], {"a": 1.5}, {"a": {"b": 2}}, "text"], ids=["list", "number", "nested", "text"]
)
def test_other_contents(writer, legacy, value):
    with pytest.raises(UserError, match=REFUSED):
        read_checkpoint(writer.save(value, legacy))


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "stream"])
def test_big_endian_arrays(writer, legacy):
    with pytest.raises(UserError, match="big-endian"):
        read_checkpoint(writer.save({}, legacy, byteorder=b"big"))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04", b"\x89PNG\r\n"])
def test_other_files(content):
    with pytest.raises(UserError, match=REFUSED):
        read_checkpoint(content)


def test_an_archive_of_other_things():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", b"")
    with pytest.raises(UserError, match=r"the archive has no data\.pkl"):
        read_checkpoint(stream.getvalue())
