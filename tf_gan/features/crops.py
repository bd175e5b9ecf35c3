"""Random crops of pictures, of another brightness and contrast."""

import tensorflow as tf

from tf_gan.training.rng import Stream


def random_crops(
    images: tf.Tensor,
    random: Stream,
    *,
    least_area: float,
    stretch: float,
    contrast: float,
    brightness: float,
) -> tf.Tensor:
    """Returns a crop of each picture, resized to the picture's size; half of the crops are
    mirrored.

    A crop x becomes c (x - mean(x)) + mean(x) + b, with log c from U(-contrast, contrast)
    and b from U(-brightness, brightness).

    Args:
        images: Pictures in [0, 1], `(B, H, W, C)`, B known.
        random: Where the numbers come from.
        least_area: The area before stretching is from U(least_area, 1), in areas of the
            picture. The place is uniform.
        stretch: The height is multiplied by e^s, the width by e^-s, with s from
            U(-stretch, stretch), as far as the picture goes.
        contrast: See above.
        brightness: See above.

    Returns:
        float32 tensor of the same shape; values may lie outside of [0, 1].
    """
    count, height, width, _ = images.shape
    side = tf.sqrt(random.fold(0).uniform([count], least_area, 1.0))
    stretched = tf.exp(random.fold(1).uniform([count], -stretch, stretch))
    tall, wide = tf.minimum(side * stretched, 1.0), tf.minimum(side / stretched, 1.0)
    top = random.fold(2).uniform([count]) * (1 - tall)
    left = random.fold(3).uniform([count]) * (1 - wide)
    mirrored = random.fold(4).uniform([count]) < 0.5
    start, end = tf.where(mirrored, left + wide, left), tf.where(mirrored, left, left + wide)
    boxes = tf.stack([top, start, top + tall, end], axis=1)
    crops = tf.image.crop_and_resize(images, boxes, tf.range(count), [height, width])
    mean = tf.reduce_mean(crops, axis=(1, 2, 3), keepdims=True)
    factor = tf.exp(random.fold(5).uniform([count, 1, 1, 1], -contrast, contrast))
    shift = random.fold(6).uniform([count, 1, 1, 1], -brightness, brightness)
    return (crops - mean) * factor + mean + shift
