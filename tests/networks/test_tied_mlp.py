import numpy as np

from tf_gan.networks import tied_mlp


def test_layers_and_parameters():
    generator = tied_mlp.build_generator((28, 28, 1), 200, units=(500,))
    # A matrix, a bias below and one above for each of the layers.
    assert generator.count_params() == 784 * 500 + 784 + 500 + 500 * 200 + 500 + 200
    assert generator.output_shape == (None, 28, 28, 1)


def test_pixel_means_are_the_first_image():
    means = np.array([[[0.25], [0.5]], [[0.9], [0.0]]])
    generator = tied_mlp.build_generator((2, 2, 1), 3, pixel_means=means)
    np.testing.assert_allclose(
        generator(np.zeros((1, 3)))[0, ..., 0], [[0.25, 0.5], [0.9, 0.001]], atol=1e-6
    )
