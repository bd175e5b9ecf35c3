"""The Parzen-window log-likelihood, as the 2014 paper and its code measured it."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from threadpoolctl import threadpool_info, threadpool_limits

from tf_gan.errors import UserError, integer
from tf_gan.metrics.arrays import in_numpy, pair, rows, unit_range

SIGMAS = tuple(np.logspace(-1, 0, 10).tolist())  # The grid of the 2014 code.
SAMPLES_AT_ONCE = 5000
ROWS_AT_ONCE = 32  # Their exponents stay in the processor's cache.
SMALLEST_EXPONENT = np.float32(-87)
# Of an exponent, in nats, above which the products are float64. On MNIST it is 2e-3.
ROUNDING = 1e-2


class ParzenResult(NamedTuple):
    """Mean log-likelihood of the test images in nats, its standard error, and the
    window's width that validation chose.
    """

    log_likelihood: float
    standard_error: float
    sigma: float


class ParzenFolds(NamedTuple):
    """Mean over folds of the log-likelihood in nats, its standard error across folds,
    and each fold's own result.
    """

    log_likelihood: float
    standard_error: float
    folds: tuple[ParzenResult, ...]


def parzen_log_densities(images, samples, sigmas, batch_size: int = 500) -> np.ndarray:
    """Returns the log-density of images under Gaussian windows around samples.

    log p(x) = log mean_j exp(-||x - m_j||^2 / (2 sigma^2)) - D log(sigma sqrt(2 pi)),
    natural logarithm, D numbers in an image.

    All widths share one computation of the distances. It is done in float32 about the
    mean of the samples, in blocks of images and samples, with what depends on the image
    alone, the sums and the logarithms in float64: on MNIST within 0.0005 nats of
    float64 throughout in the mean, and within 0.004 for one image. Where a sample is so
    far from the mean, or a width so small, that max ||m||^2 2^-23 / sigma^2 > 0.01, all
    of it is float64 and slower.

    Args:
        images: Array of shape `(N, ...)`, in [0, 1] or in any unit of which sigma makes
            sense.
        samples: The windows' centres m, of shape `(M, ...)`.
        sigmas: Widths of the windows, each > 0.
        batch_size: Images at once; it changes the memory that is used, not the values.

    Returns:
        float64 array of shape `(len(sigmas), N)`.

    Raises:
        ValueError: for empty sets, images and samples of different size, NaN, or widths
            <= 0.
    """
    images, samples = pair(images=images, samples=samples)
    return _Windows(samples, sigmas).log_densities(images, batch_size)


class _Windows:
    """Gaussian windows around samples, made ready for any number of images."""

    def __init__(self, samples: np.ndarray, sigmas):
        self.sigmas = np.asarray(sigmas, np.float64)
        if (
            self.sigmas.ndim != 1
            or len(self.sigmas) == 0
            or not np.all(np.isfinite(self.sigmas) & (self.sigmas > 0))
        ):
            raise UserError(
                f"Expected `sigmas` to be a list of widths > 0. Received: {self.sigmas.tolist()}"
            )
        centre = samples.mean(axis=0, dtype=np.float64)
        self.centre = centre.astype(samples.dtype)
        m = (samples - self.centre).astype(np.float32, copy=False)
        norms = _half_squared_norms(m)
        # What float32 rounds off an exponent, at its worst.
        if not 2 * norms.max() * np.finfo(np.float32).eps <= ROUNDING * self.sigmas.min() ** 2:
            self.centre, m = centre, samples - centre
            norms = _half_squared_norms(m)
        # Of -||x - m||^2 / 2 the part -||x||^2 / 2 is the same for all samples and
        # waits for the end; -||m||^2 / 2 is one more column of the product.
        self.m = np.concatenate([m, -norms[:, None].astype(m.dtype)], axis=1)

    def log_densities(self, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
        integer("batch_size", batch_size)
        m, precisions = self.m, self.sigmas[:, None] ** -2

        def score(start: int) -> np.ndarray:
            x = (images[start : start + batch_size] - self.centre).astype(m.dtype, copy=False)
            x_norms = _half_squared_norms(x)
            x = np.concatenate([x, np.ones((len(x), 1), m.dtype)], axis=1)
            peaks, sums = np.full(len(x), -np.inf), np.zeros((len(self.sigmas), len(x)))
            for first in range(0, len(m), SAMPLES_AT_ONCE):
                exponents = x @ m[first : first + SAMPLES_AT_ONCE].T
                for row in range(0, len(x), ROWS_AT_ONCE):
                    part = slice(row, row + ROWS_AT_ONCE)
                    _add_exponentials(exponents[part], precisions, peaks[part], sums[:, part])
            return (peaks - x_norms) * precisions + np.log(sums / len(m))

        # One thread a batch, and each product on its own thread: the exponentials then
        # run side by side as the products do.
        threads = max(
            (pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"),
            default=1,
        )
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
            values = np.concatenate(
                list(pool.map(score, range(0, len(images), batch_size))), axis=1
            )
        return values - images.shape[1] * np.log(self.sigmas * np.sqrt(2 * np.pi))[:, None]


def _add_exponentials(exponents, precisions, peaks, sums) -> None:
    """Adds sum_j exp((e_j - peak) precision) to the sums; the peak is the largest e so
    far. All arguments but the precisions are changed.
    """
    higher = np.maximum(peaks, exponents.max(axis=1))
    sums *= np.exp((peaks - higher) * precisions)
    peaks[:] = higher
    exponents -= peaks.astype(exponents.dtype)[:, None]
    terms = np.empty_like(exponents)
    for total, precision in zip(sums, precisions[:, 0], strict=True):
        np.multiply(exponents, exponents.dtype.type(precision), out=terms)
        # Below it exp has no normal numbers in float32 and takes ten times as long;
        # beside the largest term, 1, they are nothing.
        np.maximum(terms, SMALLEST_EXPONENT, out=terms)
        total += np.exp(terms, out=terms).sum(axis=1)


def _half_squared_norms(x: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", x, x, dtype=np.float64) / 2


def parzen_log_likelihood(
    samples,
    validation,
    test,
    *,
    sigmas=SIGMAS,
    validation_images: int | None = 1000,
    value_range=(0.0, 1.0),
    batch_size: int = 500,
) -> ParzenResult:
    """Returns the mean log-likelihood of the test images under windows around samples
    (`parzen_log_densities`), by the 2014 protocol.

    The width is the one of the grid with the highest mean on the first 1,000 validation
    images; the standard error is std / sqrt(N) over the test images, ddof 0. With
    10,000 samples and MNIST (the last 10,000 training images for validation) it is the
    number of the paper's table 1.

    Goodfellow et al., Generative Adversarial Nets (2014), section 5,
    https://arxiv.org/abs/1406.2661, as `parzen_ll.py` of its code computes it. More
    than what real images get (243.6 on MNIST) says that samples are smooth, not that
    they are good: Theis et al. (2015), https://arxiv.org/abs/1511.01844.

    Args:
        samples: Images of the generator, shape `(M, ...)`; the protocol has M = 10,000.
        validation: Images that choose sigma, shape `(V, ...)`.
        test: Images to score, shape `(N, ...)`.
        sigmas: Widths to choose from, in units of [0, 1].
        validation_images: How many of the first validation images to use; None: all, as
            for the Toronto Face Database.
        value_range: `(low, high)` of all three sets, which are mapped onto [0, 1]; None
            takes them as they are, for samples without bounds.
        batch_size: Images at once.

    Raises:
        ValueError: for empty sets, fewer validation images than asked for, sets of
            different image size, NaN, or values outside of `value_range`.
    """
    if validation is None:
        raise UserError("Expected `validation` images, by which sigma is chosen. Received: None")
    if validation_images is not None:
        integer("validation_images", validation_images)
        if len(validation) < validation_images:
            raise UserError(
                f"Expected at least {validation_images} validation images. Received:"
                f" {len(validation)}. validation_images=None uses all there are"
            )
    named = pair(samples=samples, validation=validation[:validation_images], test=test)
    samples, validation, test = (
        unit_range(name, part, value_range)
        for name, part in zip(("samples", "validation", "test"), named, strict=True)
    )
    means = parzen_log_densities(validation, samples, sigmas, batch_size).mean(axis=1)
    sigma = float(sigmas[int(np.argmax(means))])
    values = parzen_log_densities(test, samples, [sigma], batch_size)[0]
    return ParzenResult(float(values.mean()), float(values.std() / np.sqrt(len(values))), sigma)


def parzen_folds(
    folds: Iterable, *, sigmas=SIGMAS, value_range=(0.0, 1.0), batch_size: int = 500
) -> ParzenFolds:
    """Returns the mean log-likelihood over folds, each with a sigma of its own: the
    protocol for the Toronto Face Database.

    Each fold's sigma comes from all of its validation images. The standard error is std
    / sqrt(folds) of the folds' means, ddof 0 as within a fold.

    Args:
        folds: Triples `(samples, validation, test)`, at least two; five in the paper.
        sigmas: Widths to choose from, in units of [0, 1].
        value_range: `(low, high)` of all sets, which are mapped onto [0, 1]; None takes
            them as they are, for samples without bounds.
        batch_size: Images at once.

    Raises:
        ValueError: for fewer than two folds, folds that are no triples, empty sets,
            sets of different image size, NaN, or values outside of `value_range`.
    """
    options = {
        "sigmas": sigmas,
        "validation_images": None,
        "value_range": value_range,
        "batch_size": batch_size,
    }
    results = []
    for fold in folds:
        if len(fold) != 3:
            raise UserError(
                "Expected folds of three sets, (samples, validation, test). Received: one of"
                f" {len(fold)}"
            )
        results.append(parzen_log_likelihood(*fold, **options))
    if len(results) < 2:
        raise UserError(
            f"Expected at least two folds (samples, validation, test). Received: {len(results)}"
        )
    means = np.array([result.log_likelihood for result in results])
    return ParzenFolds(
        float(means.mean()), float(means.std() / np.sqrt(len(means))), tuple(results)
    )


class ParzenLogLikelihood(keras.metrics.Mean):
    """The mean log-likelihood of the images seen so far, under windows of a fixed width
    around fixed samples.

    Args:
        samples: Centres of the windows, shape `(M, ...)`.
        sigma: Width of the windows, > 0.
        name: Name in logs.

    It has no config: the samples are its state, and too many for one.
    """

    def __init__(self, samples, sigma: float, name: str = "parzen_log_likelihood"):
        super().__init__(name=name, dtype="float64")
        self.samples, self.sigma = rows("samples", samples), sigma
        self.windows = _Windows(self.samples, [sigma])

    def update_state(self, images):
        """Adds a batch of images `(B, ...)` in the samples' unit."""
        values = in_numpy(
            lambda x: self.windows.log_densities(pair(images=x, samples=self.samples[:1])[0])[0],
            images,
        )
        super().update_state(tf.reshape(values, [-1]))

    def get_config(self):
        raise NotImplementedError(
            "A ParzenLogLikelihood has no config: make it again with its samples,"
            " ParzenLogLikelihood(samples, sigma)"
        )
