"""Networks that turn images into features for metrics, and statistics of real images."""

from tf_gan.features.classifier import CLASSIFIERS, classifier, train_classifier
from tf_gan.features.contrastive import train_contrastive
from tf_gan.features.extractor import FeatureExtractor
from tf_gan.features.inception import inception
from tf_gan.features.keras_model import from_keras
from tf_gan.features.reference import reference_protocol, reference_statistics
from tf_gan.features.statistics import load_statistics, save_statistics

__all__ = [
    "CLASSIFIERS",
    "FeatureExtractor",
    "classifier",
    "from_keras",
    "inception",
    "load_statistics",
    "reference_protocol",
    "reference_statistics",
    "save_statistics",
    "train_classifier",
    "train_contrastive",
]
