import pathlib
import re

from setuptools import find_packages, setup

root = pathlib.Path(__file__).parent
version = re.search(r'__version__ = "(.+)"', (root / "tf_gan" / "version.py").read_text()).group(1)
# tensorflow-datasets, and readers of Parquet and ArrayRecord files.
DATASETS = [
    "tensorflow-datasets>=4.9.10,<4.10",
    "importlib_resources",  # tensorflow-datasets 4.9.10 imports it without declaring it.
    "array_record",
    "pyarrow",
]
TENSORBOARD = ["tensorboard<3"]  # TensorFlow 2.21 no longer installs it.
EXPORT = ["ai-edge-litert", "onnx", "onnxruntime", "tf2onnx"]
VIDEO = ["imageio[pyav]"]  # For .mp4 and .webm files.

setup(
    name="tf_gan",
    version=version,
    description="Generative adversarial networks on TensorFlow and Keras 3",
    long_description=(root / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    keywords="GAN, generative adversarial networks, Keras, TensorFlow, image generation",
    packages=[
        *find_packages(include=["tf_gan", "tf_gan.*"]),
        *("tf_gan.configs", "tf_gan.serving"),
    ],
    package_dir={"tf_gan.configs": "configs", "tf_gan.serving": "export/serving"},
    package_data={
        "tf_gan": ["py.typed", "explorer/static/*", "replay/static/*", "reports/static/*"],
        "tf_gan.serving": ["*"],
    },
    python_requires=">=3.11",
    install_requires=[
        "tensorflow>=2.21,<2.22",
        "keras>=3.15,<3.16",
        "absl-py",
        "filelock>=3.13",
        "fsspec",  # Data at addresses; it needs nothing else.
        "ml_collections",
        "matplotlib",
        "numpy",
        "pillow",
        "rich",  # The progress bar.
        "scikit-learn",
        "scipy",
        # 40 kB of protos, for the warm-up requests of exported models; it needs no more
        # than TensorFlow does.
        "tensorflow-serving-api>=2.21,<2.22",
        "threadpoolctl",
    ],
    extras_require={
        "test": [
            *("hypothesis", "mypy", "psutil", "pytest", "pytest-xdist", "ruff", "selenium"),
            *DATASETS,
            *EXPORT,
            *TENSORBOARD,
            *VIDEO,
        ],
        # The documentation: sphinx-build -W --keep-going docs build/docs
        "docs": [
            *("furo", "jupytext", "myst-parser", "sphinx", "sphinx-autoapi", "sphinx-copybutton"),
            "sphinx-design",
        ],
        "benchmark": ["psutil", "torch", *DATASETS, *EXPORT],
        "datasets": DATASETS,
        "tensorboard": TENSORBOARD,
        "video": VIDEO,
        "export": EXPORT,
    },
    entry_points={
        "console_scripts": [
            "tf-gan-train=tf_gan.cli.train:run",
            "tf-gan-sample=tf_gan.cli.sample:run",
            "tf-gan-export=tf_gan.cli.export:run",
            "tf-gan-evaluate=tf_gan.cli.evaluate:run",
            "tf-gan-explore=tf_gan.cli.explore:run",
            "tf-gan-replay=tf_gan.cli.replay:run",
            "tf-gan-report=tf_gan.cli.report:run",
            "tf-gan-serve=tf_gan.cli.serve:run",
        ]
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
)
