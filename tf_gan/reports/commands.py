"""The commands that may come next for a run."""

import shlex

# What `tf-gan-sample` shows of models that do not begin with latents, for runs whose status
# does not say it.
SAMPLE_KINDS = {
    "cycle_gan": "translations",
    "esrgan": "upscale --input=PICTURE",
    "pix2pix": "translations",
    "srgan": "upscale --input=PICTURE",
    "srresnet": "upscale --input=PICTURE",
    "star_gan": "translations",
}
# Arguments of the command of this process, before it adds the fields that they set.
typed: list[str] | None = None


def sample_kind(model) -> str:
    """Returns what `tf-gan-sample` shows of a model, or a class of models, that does not
    begin with latents; nothing for others.
    """
    if hasattr(model, "upscale"):
        return "upscale --input=PICTURE"
    return "translations" if hasattr(model, "translate") else ""


def this_training() -> str:
    """Returns the command of this process as it was typed; nothing if it is a program of
    the user's own.
    """
    return "" if typed is None else shlex.join(["tf-gan-train", *typed])


def next_commands(workdir, config: dict, known: dict, state: str) -> list[dict]:
    """Returns the commands that may come next: `{"text", "command"}`.

    Args:
        workdir: The run directory, as it is to be named.
        config: The fields of its config.
        known: The fields of its status.
        state: The word for its state.
    """
    named = f"--workdir={shlex.quote(str(workdir))}"
    found = []
    training = known.get("command")
    if isinstance(training, str) and training:
        if state == "done":
            found.append(("Train longer", _longer(training, config)))
        elif state != "running":
            found.append(("Resume the training", training))
    if state == "new":  # Nothing to draw yet.
        return [{"text": text, "command": command} for text, command in found]
    kind, model = known.get("kind"), config.get("model")
    if not isinstance(kind, str):
        kind = SAMPLE_KINDS.get(str(model.get("name"))) if isinstance(model, dict) else ""
    if kind:
        found.append(("Draw pictures", f"tf-gan-sample {named} --kind={kind}"))
    else:
        found += [
            ("Draw samples", f"tf-gan-sample {named} --kind=grid --n=100 --seed=1"),
            ("Go from one sample to another", f"tf-gan-sample {named} --kind=interpolation"),
        ]
        if not _is_of_points(config):
            near = f"tf-gan-sample {named} --kind=neighbours"
            found.append(("Find the nearest training images", near))
    found += [
        ("Measure the samples", f"tf-gan-evaluate {named}"),
        ("Export the generator", f"tf-gan-export {named} --format=onnx"),
        ("Send this page as one file", f"tf-gan-report {named} --embed"),
    ]
    return [{"text": text, "command": command} for text, command in found]


def _is_of_points(config: dict) -> bool:
    data = config.get("data")
    shape = data.get("image_shape") if isinstance(data, dict) else None
    return isinstance(shape, list | tuple) and len(shape) == 1


def _longer(training: str, config: dict) -> str:
    """Returns the command of a training with twice the length."""
    field = "length" if config.get("length") else "epochs"
    value = config.get(field)
    twice = f"{2 * value:.12g}" if isinstance(value, int | float) else "MORE"
    try:
        words = shlex.split(training)
    except ValueError:
        return training
    kept = [word for word in words if not word.startswith(f"--config.{field}=")]
    return shlex.join([*kept, f"--config.{field}={twice}"])
