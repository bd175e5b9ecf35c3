"""Which splits may share examples."""

import pytest

from tf_gan import data


@pytest.mark.parametrize(
    ("split", "other", "expected"),
    [
        ("train", "test", False),
        ("test", "test", True),
        ("train+test", "test", True),
        ("train + test[:10]", "test", True),
        ("all", "test", True),
        ("train[:50000]", "train[50000:]", False),
        ("train[50000:]", "train[:50000]", False),
        ("train[:50000]", "train[49999:]", True),
        ("train[:20%]", "train[20%:]", False),
        ("train[:20%]", "train[19%:]", True),
        ("train[:-100]", "train[-100:]", False),
        ("train[:-100]", "train[-101:]", True),
        # It depends on the size of the set.
        ("train[:90%]", "train[50000:]", True),
        ("train[:50000]", "train[-10000:]", True),
        ("train[5:30]", "train[30:40]", False),
        ("train[5:30]", "train", True),
        ("train[:10%]+train[90%:]", "train[10%:90%]", False),
        ("train[:1shard]", "train[1shard:]", True),
        ("train", "train2", False),
    ],
)
def test_overlaps(split, other, expected):
    assert data.overlaps(split, other) is expected
    assert data.overlaps(other, split) is expected
