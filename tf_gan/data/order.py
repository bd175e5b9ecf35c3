"""The order in which training sees examples: a function of (seed, epoch, row)."""

import dataclasses

import tensorflow as tf

from tf_gan.training.rng import Stream

SORTED = 2048  # Up to here a sort takes no longer than the block cipher.
ROUNDS = 8  # Of the cipher. Four, TensorFlow's default, leave patterns in the order.
# At these sizes TensorFlow's cipher works on one bit too few: two rows get one place.
BROKEN_SIZES = frozenset(4**k + 1 for k in range(8, 16))


@dataclasses.dataclass(frozen=True)
class Order:
    """Which examples make a batch, by the number of the batch.

    Args:
        batch_size: Examples in a batch.
        positions: Positions in the batch that are wanted, int32 of shape `(rows,)`.
        seed: Integer.
        shuffle: Whether each epoch has a permutation of its own.
    """

    batch_size: int
    positions: tf.Tensor
    seed: int
    shuffle: bool

    def index(self, number, count: int, *folds) -> tf.Tensor:
        """Returns the rows of an array of `count` rows that make batch `number`.

        Args:
            number: Integer or integer tensor of shape `()`, >= 0.
            count: Rows of the array, >= `batch_size`.
            *folds: Integers; different ones give independent orders.

        Returns:
            int32 tensor of the shape of `positions`.
        """
        per_epoch = count // self.batch_size
        number = tf.cast(number, tf.int64)
        places = tf.cast(number % per_epoch, tf.int32) * self.batch_size + self.positions
        return self.permute(places, number // per_epoch, count, *folds)

    def permute(self, places, epochs, count: int, *folds, most_epochs: int = 1) -> tf.Tensor:
        """Returns p_epoch(place) for each place, p_epoch the permutation of an epoch.

        Args:
            places: int32 tensor of shape `(rows,)`, from 0 to `count` - 1.
            epochs: int64 tensor of shape `(rows,)`, or `()` where all are of one.
            count: Size of the permutations.
            *folds: Integers; different ones give independent permutations.
            most_epochs: Upper bound of max(epochs) - min(epochs) + 1.

        Returns:
            int32 tensor of shape `(rows,)`.
        """
        if not self.shuffle:
            return places
        key, first = Stream(self.seed, *folds).key, tf.reduce_min(epochs)
        nth = tf.cast(epochs - first, tf.int32)
        if count <= SORTED:
            keys = _random_words(key, first, most_epochs, count)
            return tf.gather(tf.reshape(tf.argsort(keys), [-1]), nth * count + places)
        words = tf.gather(_random_words(key, first, most_epochs, 4), nth)
        places = (places + words[..., 3] % count) % count
        return _encrypt(places, words[..., :3], count)

    def uniform(self, number, *folds) -> tf.Tensor:
        """Returns a number from U(0, 1) for each of the positions of a batch.

        Args:
            number: Number of the batch, an integer or an integer tensor of shape `()`.
            *folds: Integers; different ones give independent numbers.

        Returns:
            float32 tensor of the shape of `positions`.
        """
        stream = Stream(self.seed, number // 2**31, number % 2**31, *folds)
        return tf.gather(stream.uniform([self.batch_size]), self.positions)


def _random_words(key: tf.Tensor, first: tf.Tensor, rows: int, columns: int) -> tf.Tensor:
    """Returns random integers; row i depends on the key and `first` + i alone.

    Philox makes block n of four integers from the key and n itself, at no cost for the
    blocks before it.
    """
    blocks = -(-columns // 4)
    philox_key, _ = tf.raw_ops.StatelessRandomGetKeyCounter(seed=key)
    counter = tf.cast(tf.stack([first * blocks, 0]), tf.uint64)
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[rows, 4 * blocks], key=philox_key, counter=counter, alg=1, dtype=tf.int32
    )
    return words[:, :columns]


def _encrypt(places: tf.Tensor, keys: tf.Tensor, count: int) -> tf.Tensor:
    """Permutes 0..`count` - 1 by a block cipher with keys of three words."""
    broken = count in BROKEN_SIZES

    def shuffle(places):  # `max_index` is included.
        return tf.raw_ops.RandomIndexShuffle(
            index=places, seed=keys, max_index=count - 1 + broken, rounds=ROUNDS
        )

    shuffled = shuffle(places)
    # One more index than there are places: what lands on it is shuffled once more.
    return tf.where(shuffled == count, shuffle(shuffled), shuffled) if broken else shuffled
