"""A history of generated images, which the discriminator sees again."""

import keras
import tensorflow as tf

from tf_gan.training.rng import Stream


class ImageHistory(keras.layers.Layer):
    """A pool of earlier images; some of them replace new ones.

    The first `size` images fill the pool and pass unchanged. After that, a new image
    passes with probability 1/2; otherwise it changes places with a random image of the
    pool. No two images of a minibatch change places with the same one, so the images
    beyond the first `size` of a minibatch always pass.

    Shrivastava et al., Learning from Simulated and Unsupervised Images through
    Adversarial Training (2017), https://arxiv.org/abs/1612.07828, in the form that
    CycleGAN gave it (Zhu et al., 2017, https://arxiv.org/abs/1703.10593). The pool is
    state: it is saved, and the same on all replicas.

    Args:
        size: Images in the pool, >= 1; 50 in CycleGAN.
        image_shape: `(height, width, channels)` of one image.
        **kwargs: Arguments of every Keras layer, such as `name` and `dtype`.
    """

    def __init__(self, size: int, image_shape: tuple[int, ...], **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.size = size
        state = {
            "initializer": "zeros",
            "trainable": False,
            "autocast": False,
            "aggregation": "only_first_replica",
        }
        self.images = self.add_weight(
            shape=(size, *image_shape), dtype="float32", name="images", **state
        )
        self.count = self.add_weight(shape=(), dtype="int32", name="count", **state)
        self.built = True

    def choose(self, images: tf.Tensor, random: Stream) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the images to show, and the slot of the pool into which each new
        image goes, -1 for none. Changes nothing yet.

        Args:
            images: This replica's share of the new images, `(b, *image_shape)`.
            random: The replica's random numbers.
        """
        rows = images.shape[0] or tf.shape(images)[0]
        number = random.replica * rows + tf.range(rows)  # In the minibatch of all replicas.
        # The same on all replicas.
        places = tf.argsort(Stream(random.fold(0).key).uniform([self.size]))
        place = tf.gather(places, tf.minimum(number, self.size - 1))
        full = self.count.value >= self.size
        changes = full & (number < self.size) & (random.fold(1).uniform([rows]) < 0.5)
        filled = self.count.value + number
        slots = tf.where(changes, place, tf.where(~full & (filled < self.size), filled, -1))
        images = tf.cast(images, tf.float32)
        earlier = tf.gather(tf.convert_to_tensor(self.images.value), place)
        return tf.where(changes[:, None, None, None], earlier, images), slots

    def write(self, images: tf.Tensor, slots: tf.Tensor) -> None:
        """Puts the new images of all replicas into the slots that `choose` returned."""
        goes = tf.equal(slots[None, :], tf.range(self.size)[:, None])  # (size, B)
        newest = tf.gather(tf.cast(images, tf.float32), tf.argmax(tf.cast(goes, tf.int32), axis=1))
        self.images.assign(
            tf.where(tf.reduce_any(goes, axis=1)[:, None, None, None], newest, self.images.value)
        )
        self.count.assign(tf.minimum(self.count.value + tf.shape(slots)[0], self.size))
