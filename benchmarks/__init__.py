"""Programs that measure: each is run as `python -m benchmarks.NAME`."""

from tf_gan.fast import onednn

onednn.turn_on()  # As in the commands.
