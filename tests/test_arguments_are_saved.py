"""What a saved model is made of again: each argument of its parts is in their configs."""

import inspect

import keras
import pytest

from tf_gan import augment, layers, losses, penalties, schedules
from tf_gan.training import optimizers

# Arguments that a constructor must have.
GIVEN = {
    layers.EqualizedConv2D: (2, 3),
    layers.EqualizedDense: (2,),
    layers.LearnedConstant: (4, 5, 2),
    layers.LearnedMap: (4, 5, 2),
    layers.Maxout: (2,),
    layers.MaxoutConv2D: (2, 3),
    layers.ModulatedConv2D: (2,),
    layers.SparseNormal: (2,),
    layers.SpectralNormalization: (keras.layers.Dense(2),),
    layers.TiedDense: (2,),
    layers.UpsampleConv2D: (2,),
    layers.WeightNormalization: (keras.layers.Dense(2, use_bias=False),),
    augment.Function: (keras.activations.relu,),
    losses.LossFunction: (keras.activations.relu,),
    optimizers.MomentumSGD: (0.1, schedules.Cosine(0.5, 0.9, 3)),
    optimizers.ScheduledAdam: (0.1,),
    schedules.Cosine: (1.0, 0.0, 3),
    schedules.DecayWithFloor: (1.0,),
    schedules.During: (1.0, 2),
    schedules.HalfLife: (3.0,),
    schedules.LateDecay: (1.0, 2, 3),
    schedules.LinearRamp: (1.0, 0.0, 2, 3),
}
# Keras' own by other names, and what no file holds.
LEFT_OUT = {layers.GroupedConv2D, layers.ImageConv2D, layers.ImageConv2DTranspose}
LEFT_OUT |= {layers.GaussianNoise, layers.ImageHistory}
KINDS = [
    *(kind for kind in vars(layers).values() if isinstance(kind, type) and kind not in LEFT_OUT),
    *losses.LOSSES.values(),
    *penalties.PENALTIES.values(),
    *(augment.ADA, augment.DiffAugment, optimizers.AdamEpsilonInside, optimizers.AdamL2),
]


@pytest.mark.parametrize("kind", dict.fromkeys([*KINDS, *GIVEN]), ids=lambda kind: kind.__name__)
def test_a_config_has_every_argument_of_the_constructor(kind):
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(kind).parameters.values()
    arguments = {each.name for each in parameters if each.kind not in variadic}
    config = kind(*GIVEN.get(kind, ())).get_config()
    assert arguments <= config.keys()
    assert kind.from_config(dict(config)).get_config() == config  # Wrappers take keys out.
