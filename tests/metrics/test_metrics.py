"""Settings that docs/metrics.md and the protocols of the scores state."""

import inspect

import pytest

from tf_gan import metrics


@pytest.mark.parametrize(
    ("function", "settings"),
    [
        (metrics.parzen_log_likelihood, {"validation_images": 1000}),
        (metrics.kernel_distance, {"subsets": 100, "subset_size": 1000}),
        (metrics.inception_score, {"splits": 10}),
        (metrics.precision_recall, {"k": 3}),
        (metrics.density_coverage, {"k": 5}),
        (metrics.perceptual_path_lengths, {"epsilon": 1e-4, "path": "spherical"}),
        (metrics.sliced_wasserstein, {"projections": 512, "order": 2}),
        (metrics.patch_distances, {"patches": 128, "projections": 512, "smallest": 16}),
        (metrics.ms_ssim_diversity, {"pairs": 1000}),
        (metrics.mode_count, {"radius": 3}),
        (metrics.standard_error, {"draws": 1000}),
        (metrics.psnr, {"border": 4}),
        (metrics.ssim, {"border": 4}),
        (metrics.daala_ssim, {"border": 4}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_defaults(function, settings):
    parameters = inspect.signature(function).parameters
    assert {name: parameters[name].default for name in settings} == settings
