"""Starts a run from the weights of another one."""

import keras
import ml_collections

from tf_gan import compat, models
from tf_gan.errors import UserError
from tf_gan.runs import build, directory, fields
from tf_gan.training import transfer

SHOWN = 3  # Layers left new that are named.


def start_from(model: models.GenerativeModel, workdir, only: str = "") -> str:
    """Gives the networks of a model, and their moving averages, the weights of those of
    another run, as far as they fit. An average that the other run does not have starts
    from the trained weights.

    Args:
        model: A compiled model before its first step. Its optimizers stay as they are.
        workdir: The other run directory.
        only: Names of the networks that start so, with commas between; empty for all.

    Returns:
        A line that says what was taken.

    Raises:
        UserError: if there is no trained run, if a network of `only` is not in both, if
            fewer than half of the weights of a network fit, or if a layer that is left new
            would not be trained.
    """
    other, config = build.load(workdir)
    here, there = networks(model), networks(other)
    name = f"config.init_from={str(workdir)!r}"
    both = sorted(here.keys() & there.keys())
    if not both:
        raise UserError(f"{name} has {' and '.join(there)}. Expected {' or '.join(here)}")
    chosen = fields.listed(only)
    if unknown := set(chosen) - set(both):
        raise UserError(
            f"Expected config.init_networks out of {both}, which both runs have. Received:"
            f" {', '.join(sorted(unknown))}"
        )
    here = {role: network for role, network in here.items() if role in (chosen or here)}
    parts = []
    for role, network in here.items():
        if role not in there:
            parts.append(f"no {role}, which that run does not have")
            continue
        try:
            taken = transfer.take(network, there[role])
        except UserError as error:
            raise UserError(
                f"{name} has another {role}: {error}. Expected networks as those of that run,"
                f" config.networks.name={config.networks.name!r} with"
                f" config.networks.{role}={dict(config.networks.get(role, {}))}, and images of"
                f" about its shape, {tuple(config.data.image_shape)}"
            ) from error
        held = [layer.name for layer in taken.new if not layer.trainable]
        if held:
            raise UserError(
                f"config.freeze_d would hold {held[0]} of the {role}, which does not fit that of"
                f" {name} and starts from random weights. Expected a smaller config.freeze_d"
            )
        parts.append(f"{taken.taken} of {taken.total} weights of the {role}{_new(taken.new)}")
    averages = {id(live): average for average, live, _ in other.averages()}
    names = {id(network): role for role, network in here.items()}
    for average, live, _ in model.averages():
        source = there.get(names.get(id(live), ""))
        if source is not None:
            transfer.take(average, averages.get(id(source), source))
    return (
        f"Starts from step {int(other.step.numpy()):,} of {workdir}: took {', '.join(parts)}. The"
        " optimizers start anew."
    )


def has_average_for(config: ml_collections.ConfigDict) -> bool:
    """Returns whether the run `config.init_from` has an average that is whole for the
    generator of a config: networks and images are the same.
    """
    first = directory.read_config(config.init_from)
    same = (
        *("networks.name", "networks.generator", "model.name", "model.latent_dim"),
        *("data.image_shape", "data.num_classes"),
    )
    chosen = fields.listed(config.init_networks)
    return (
        bool(first.model.moving_average or first.model.half_life)
        and (not chosen or "generator" in chosen)
        and all(fields.get(first, name) == fields.get(config, name) for name in same)
    )


def networks(model: models.GenerativeModel) -> dict[str, keras.Model]:
    """Returns the networks of a compiled model by the names of its attributes: its roles,
    and what else it trains.
    """
    found = {role: getattr(model, role) for role in model.roles}
    known = {id(each) for network in found.values() for each in compat.flatten_layers(network)}
    for name, value in vars(model).items():
        several = isinstance(value, (list, tuple))
        for number, each in enumerate(value if several else [value]):
            if id(each) not in known and any(each is network for network in model.networks):
                known.add(id(each))
                found[f"{name}[{number}]" if several else name] = each
    return found


def _new(layers: list) -> str:
    if not layers:
        return ""
    shown = ", ".join(layer.name for layer in layers[:SHOWN])
    more = f" and {len(layers) - SHOWN} more layers" if len(layers) > SHOWN else ""
    return f" (new: {shown}{more})"
