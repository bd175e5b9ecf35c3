"""How what is in a cache is named."""

from tf_gan.io import caches


def test_the_name_does_not_depend_on_the_order_of_the_protocol():
    name = caches.entry("set", {"a": 1, "b": [2]})
    assert (
        name == caches.entry("set", {"b": [2], "a": 1}) != caches.entry("set", {"a": 1, "b": [3]})
    )
    assert name.startswith("set-") and len(name) == len("set-") + 12


def test_the_end_of_a_long_name_is_readable():
    name = caches.entry("/data/" + "x" * 90 + "/my pictures!", {})
    readable, _ = name.rsplit("-", 1)
    assert len(readable) == 80 and readable.endswith("xx_my_pictures")
