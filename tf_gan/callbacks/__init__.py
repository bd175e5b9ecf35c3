"""Callbacks for `fit`."""

from tf_gan.callbacks.checkpoints import Checkpoints
from tf_gan.callbacks.evaluation import Evaluation
from tf_gan.callbacks.for_optimizer import ForOptimizer
from tf_gan.callbacks.gap import DiscriminatorGap
from tf_gan.callbacks.health import Health
from tf_gan.callbacks.keep_best import KeepBest
from tf_gan.callbacks.metrics_log import MetricsLog, TensorBoardScalars
from tf_gan.callbacks.progress import Progress
from tf_gan.callbacks.replay import Replay
from tf_gan.callbacks.report import Report
from tf_gan.callbacks.samples import SampleGIF, SampleGrid
from tf_gan.callbacks.signals import StopOnSignal, Stopped

__all__ = [
    "Checkpoints",
    "DiscriminatorGap",
    "Evaluation",
    "ForOptimizer",
    "Health",
    "KeepBest",
    "MetricsLog",
    "Progress",
    "Replay",
    "Report",
    "SampleGIF",
    "SampleGrid",
    "StopOnSignal",
    "Stopped",
    "TensorBoardScalars",
]
