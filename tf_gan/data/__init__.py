"""Image sets."""

from tf_gan.data.examples import Examples, scale, to_uint8

__all__ = ["Examples", "scale", "to_uint8"]
