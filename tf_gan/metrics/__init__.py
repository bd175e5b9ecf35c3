"""Numbers that say how good samples are: functions of arrays, and Keras metrics that
stream over batches.

They know images and features, not models. `docs/metrics.md` says what each number means
and where it misleads.
"""

from tf_gan.metrics.arrays import Estimate
from tf_gan.metrics.autocorrelation import autocorrelation
from tf_gan.metrics.bootstrap import standard_error
from tf_gan.metrics.frechet import FrechetDistance, Statistics, frechet_distance
from tf_gan.metrics.image_quality import PSNR, SSIM, daala_ssim, luma, psnr, ssim
from tf_gan.metrics.inception_score import InceptionScore, inception_score
from tf_gan.metrics.kernel import KernelDistance, kernel_distance, squared_mmd, squared_mmd_error
from tf_gan.metrics.modes import kl_to_uniform, mode_count
from tf_gan.metrics.ms_ssim import ms_ssim, ms_ssim_diversity
from tf_gan.metrics.neighbours import memorization, nearest_neighbour_accuracy, nearest_neighbours
from tf_gan.metrics.parzen import (
    ParzenLogLikelihood,
    parzen_folds,
    parzen_log_densities,
    parzen_log_likelihood,
)
from tf_gan.metrics.path_length import perceptual_path_lengths
from tf_gan.metrics.precision_recall import (
    density_coverage,
    density_coverage_rows,
    precision_recall,
    precision_recall_rows,
)
from tf_gan.metrics.sharpness import relative_sharpness, sharpness
from tf_gan.metrics.sliced_wasserstein import patch_distances, sliced_wasserstein

__all__ = [
    "PSNR",
    "SSIM",
    "Estimate",
    "FrechetDistance",
    "InceptionScore",
    "KernelDistance",
    "ParzenLogLikelihood",
    "Statistics",
    "autocorrelation",
    "daala_ssim",
    "density_coverage",
    "density_coverage_rows",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "kl_to_uniform",
    "luma",
    "memorization",
    "mode_count",
    "ms_ssim",
    "ms_ssim_diversity",
    "nearest_neighbour_accuracy",
    "nearest_neighbours",
    "parzen_folds",
    "parzen_log_densities",
    "parzen_log_likelihood",
    "patch_distances",
    "perceptual_path_lengths",
    "precision_recall",
    "precision_recall_rows",
    "psnr",
    "relative_sharpness",
    "sharpness",
    "sliced_wasserstein",
    "squared_mmd",
    "squared_mmd_error",
    "ssim",
    "standard_error",
]
