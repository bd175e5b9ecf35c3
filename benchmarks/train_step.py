r"""Steps of training per second, beside the same networks in eager PyTorch.

    pip install -e '.[benchmark]'
    python -m benchmarks.train_step [--rounds=5] [--seconds=4]

Both train from images in memory, on the same thread count, in turns within one run: machines drift by tens of percent from hour to hour, so
the ratio is the figure and the steps per second are only its parts. Ours is `GAN.fit` as a user calls it, callbacks and input included.
"""

import statistics
import time

import numpy as np
from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 5, "Turns that each side gets.", lower_bound=1)
flags.DEFINE_float("seconds", 4.0, "About how long a turn lasts.", lower_bound=0.1)

BATCH, IMAGES = 64, 20_000


def ours(images):
    """Returns a function of a number of steps that trains the PyTorch-GAN MLP with `fit`."""
    import keras

    import tf_gan
    from tf_gan.networks import mlp

    gan = tf_gan.GAN(mlp.build_generator((28, 28, 1)), mlp.build_discriminator((28, 28, 1)), latent_dim=100)
    adam = {"learning_rate": 2e-4, "beta_1": 0.5, "epsilon": 1e-8}
    gan.compile(keras.optimizers.Adam(**adam), keras.optimizers.Adam(**adam), steps_per_execution=50)
    return lambda steps: gan.fit(images, batch_size=BATCH, steps_per_epoch=steps, epochs=1, verbose=0)


def pytorch(images):
    """Returns the same for the loop of PyTorch-GAN's program."""
    import torch
    from torch import nn

    def block(inputs, outputs, normalize=True):
        norm = [nn.BatchNorm1d(outputs, 0.8)] if normalize else []
        return [nn.Linear(inputs, outputs), *norm, nn.LeakyReLU(0.2)]

    generator = nn.Sequential(
        *block(100, 128, normalize=False), *block(128, 256), *block(256, 512), *block(512, 1024), nn.Linear(1024, 784), nn.Tanh()
    )
    discriminator = nn.Sequential(nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Sigmoid())
    loss = nn.BCELoss()
    g_optimizer, d_optimizer = (torch.optim.Adam(m.parameters(), lr=2e-4, betas=(0.5, 0.999)) for m in (generator, discriminator))
    data = torch.from_numpy(images.reshape(len(images), -1))
    real, fake = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

    def train(steps):
        for _ in range(steps):
            batch = data[torch.randint(0, len(data), (BATCH,))]
            g_optimizer.zero_grad()
            fakes = generator(torch.randn(BATCH, 100))
            g_loss = loss(discriminator(fakes), real)
            g_loss.backward()
            g_optimizer.step()
            d_optimizer.zero_grad()
            d_loss = 0.5 * (loss(discriminator(batch), real) + loss(discriminator(fakes.detach()), fake))
            d_loss.backward()
            d_optimizer.step()
        return g_loss.item(), d_loss.item()

    return train


def steps_per_second(train, steps: int) -> float:
    start = time.perf_counter()
    train(steps)
    return steps / (time.perf_counter() - start)


def main(_):
    images = np.random.default_rng(0).uniform(-1, 1, (IMAGES, 28, 28, 1)).astype(np.float32)
    sides = {"tf_gan": ours(images), "PyTorch eager": pytorch(images)}
    steps = {}
    for name, train in sides.items():
        train(50)  # Compiles, warms up.
        steps[name] = max(50, int(FLAGS.seconds * steps_per_second(train, 50)) // 50 * 50)
    rates = {name: [] for name in sides}
    for _ in range(FLAGS.rounds):
        for name, train in sides.items():
            rates[name].append(steps_per_second(train, steps[name]))
    ratios = [a / b for a, b in zip(rates["tf_gan"], rates["PyTorch eager"], strict=True)]
    print(f"\nMLP GAN 28x28, batch {BATCH}: steps per second, median of {FLAGS.rounds} turns")
    for name, values in rates.items():
        print(f"  {name:15s} {statistics.median(values):7.1f}   ({min(values):.1f} to {max(values):.1f})")
    print(f"  ratio           {statistics.median(ratios):7.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    app.run(main)
