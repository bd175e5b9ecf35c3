"""What a run directory says about its run, as values that JSON knows."""

import json
import pathlib
import re

from tf_gan.config import default_config
from tf_gan.errors import UserError
from tf_gan.io import paths
from tf_gan.reports import commands, curves, pictures, scores, status

# What shows that a directory is one of a run.
SIGNS = ("config.json", "metrics.jsonl", "samples", status.NAME)
# By the run, from the data.
FILLED_IN = ("data.image_shape", "data.count", "data.num_classes", "data.class_names")
LONGEST = 500  # Characters of a value that are shown.


def facts(workdir) -> dict:
    """Returns what the page of a run shows: everything but the addresses of pictures,
    whose `path`s are to be replaced. The files may be damaged, or of another version;
    what cannot be read is named in `notes`.

    Args:
        workdir: The run directory.

    Raises:
        UserError: if it is no run directory.
    """
    folder = check(workdir)
    notes: list[str] = []
    config = _load(folder / "config.json", dict, notes)
    known = status.read(folder)
    lines, broken = curves.read_log(folder / "metrics.jsonl")
    if broken:
        notes.append(f"{broken} of {broken + len(lines)} lines of metrics.jsonl cannot be read.")
    progress = _progress(folder, config, known, lines)
    starts = status.starts(known)
    speed = curves.speeds(lines, progress["images_per_step"], starts)
    progress["speed"] = curves.number(known.get("speed")) or curves.recent_speed(speed)
    state = _state(known, status.is_locked(folder, known), progress)
    flat = _flat(config)
    measured = _scores(folder, notes)
    return {
        "name": folder.absolute().name,
        "folder": str(folder.absolute()),
        "state": state,
        "progress": progress,
        "started": _time(known.get("started")),
        "updated": _time(known.get("updated")) or _written(folder / "metrics.jsonl"),
        "charts": curves.charts(lines, progress["images_per_step"], starts),
        "samples": pictures.grids(folder),
        "real": pictures.real(folder),
        "pictures": pictures.others(folder),
        "warnings": _warnings(folder, notes),
        "rollbacks": [_text(each) for each in _load(folder / "rollbacks.json", list, notes)],
        "scores": scores.shown(measured),
        "verdict": scores.verdict(measured, progress["step"]),
        "config": {field: _text(value) for field, value in flat.items()},
        "changed": _changed(flat) if flat else [],
        "commands": commands.next_commands(workdir, config, known, state["word"]),
        "about": _about(flat, known),
        "notes": notes,
    }


def check(workdir) -> pathlib.Path:
    """Returns the path of a run directory.

    Raises:
        UserError: if it is none.
    """
    paths.check_path(workdir, "--workdir")
    folder = pathlib.Path(workdir)
    if not folder.exists():
        raise UserError(
            f"There is no directory {str(workdir)!r}. Expected the run directory of a training, as"
            " tf-gan-train --workdir=DIR makes it"
        )
    if not folder.is_dir() or not any((folder / sign).exists() for sign in SIGNS):
        inside = sorted(path.parent.name for path in folder.glob("*/config.json"))
        hint = f". It holds runs: {', '.join(inside[:9])}" if inside else ""
        raise UserError(
            f"{str(workdir)!r} is not a run directory. Expected one of {', '.join(SIGNS)} in"
            f" it{hint}"
        )
    return folder


# === Files ===


def _load(path: pathlib.Path, kind: type, notes: list[str]):
    """Returns what a JSON file holds; an empty value if it is not there, or damaged."""
    try:
        value = json.loads(path.read_text())
        if not isinstance(value, kind):
            raise TypeError
    except FileNotFoundError:
        return kind()
    except (OSError, ValueError, TypeError, RecursionError):
        notes.append(f"{path.name} cannot be read.")
        return kind()
    return value


def _written(path: pathlib.Path) -> float | None:
    return path.stat().st_mtime if path.exists() else None


def _time(value) -> float | None:
    """Returns seconds since 1970, None for what is no date before the year 5000."""
    seconds = curves.number(value)
    return seconds if seconds and 0 < seconds < 1e11 else None


def _text(value) -> str:
    """Returns a value of a config as it is written on the command line."""
    if isinstance(value, list):
        value = f"({', '.join(map(_text, value))}{',' if len(value) == 1 else ''})"
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


# === Parts ===


def _flat(fields: dict, prefix: str = "", depth: int = 0) -> dict:
    """Returns the fields of nested sections by their dotted names."""
    found: dict = {}
    for key, value in fields.items():
        if isinstance(value, dict) and depth < 9:
            found |= _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            found[f"{prefix}{key}"] = value
    return found


def _changed(flat: dict) -> list[dict]:
    """Returns the fields that differ from the default config."""
    defaults = _flat(json.loads(default_config().to_json()))
    return [
        {"field": field, "value": _text(flat.get(field)), "default": _text(defaults.get(field))}
        for field in [*flat, *(field for field in defaults if field not in flat)]
        if field not in FILLED_IN and flat.get(field) != defaults.get(field)
    ]


def _progress(folder: pathlib.Path, config: dict, known: dict, lines: list[dict]) -> dict:
    """Returns how far the run is: steps, epochs, images, each with its total or None."""
    objective = config.get("objective")
    objective = objective if isinstance(objective, dict) else {}
    batch, k = curves.number(config.get("batch_size")), objective.get("discriminator_steps")
    images_per_step = curves.number(known.get("images_per_step"))
    images_per_step = images_per_step or (batch or 0.0) * (curves.number(k) or 1.0)
    last = lines[-1] if lines else {}
    logged, epoch = curves.number(last.get("step")) or 0.0, curves.number(last.get("epoch")) or 0.0
    per_epoch = curves.number(known.get("steps_per_epoch")) or (logged / epoch if epoch else 0.0)
    epochs = curves.number(known.get("epochs")) or curves.number(config.get("epochs"))
    checkpoints = (folder / "checkpoints").glob("step-*.index")
    found = [re.fullmatch(r"step-(\d{1,15})\.index", path.name) for path in checkpoints]
    saved = max((int(match[1]) for match in found if match), default=None)
    step = max(logged, curves.number(known.get("step")) or 0.0, saved or 0)
    return {
        "step": step,
        "steps": epochs * per_epoch if epochs and per_epoch else None,
        "epoch": step / per_epoch if per_epoch else epoch,
        "epochs": epochs,
        "until": _time(known.get("until")),
        "images": step * images_per_step,
        "images_per_step": images_per_step,
        "seconds": sum(curves.number(line.get("seconds")) or 0.0 for line in lines),
        "saved": saved,
    }


def _state(known: dict, locked: bool | None, progress: dict) -> dict:
    """Returns `{"word", "text"}`: whether the run is running, done, stopped, failed,
    ended without closing, starting or new.
    """
    word, message = known.get("state"), _text(known.get("message"))
    step, saved = progress["step"], progress["saved"]
    resume = "The same command resumes it" + (
        f" from step {saved:,}." if saved else " from its start, for want of a checkpoint."
    )
    if word == "running" and locked is False:
        text = (
            f"Not finished, and not running: its process ended without a word at step {step:,.0f}"
        )
        return {"word": "ended", "text": f"{text} or later, as if killed. {resume}"}
    if word in ("running", "done"):
        return {"word": word, "text": message}
    if word in ("stopped", "failed"):
        return {"word": word, "text": f"{message} {resume if word == 'stopped' else ''}".strip()}
    if locked:
        return {"word": "running" if step else "starting", "text": message}
    if not step:
        return {"word": "new", "text": "Nothing is trained yet."}
    if progress["epochs"] and progress["epoch"] >= progress["epochs"]:
        return {"word": "done", "text": ""}
    return {"word": "ended", "text": f"Not finished, and not running. {resume}"}


def _warnings(folder: pathlib.Path, notes: list[str]) -> list[dict]:
    """Returns the warnings of `Health`, each kind once, with the epochs of all."""
    lines, broken = curves.read_log(folder / "warnings.jsonl")
    if broken:
        notes.append(f"{broken} lines of warnings.jsonl cannot be read.")
    found: dict[str, dict] = {}
    for line in lines:
        new = {
            "text": _text(line.get("message")),
            "advice": _text(line.get("advice")),
            "epochs": [],
        }
        kind = found.setdefault(_text(line.get("kind")), new)
        kind["epochs"].append(curves.number(line.get("epoch")))
    return list(found.values())


def _scores(folder: pathlib.Path, notes: list[str]) -> list[dict]:
    """Returns the values of `tf-gan-evaluate`, and its verdicts."""
    found = []
    for entry in _load(folder / "metrics.json", list, notes):
        if not isinstance(entry, dict):
            continue
        fields = ("name", "source", "weights", "protocol", "text")
        texts = {key: _text(entry.get(key)) for key in fields}
        numbers = {key: curves.number(entry.get(key)) for key in ("value", "error", "step")}
        details = entry.get("details")
        details = _flat(details) if isinstance(details, dict) else {}
        named = {key: _text(value) for key, value in details.items()}
        found.append(texts | numbers | {"details": named})
    return found


def _about(flat: dict, known: dict) -> list[list[str]]:
    """Returns rows of a name and a value: model, data, seed, device, versions."""
    shape = flat.get("data.image_shape")
    shape = " x ".join(map(_text, shape)) if isinstance(shape, list) else ""
    classes = flat.get("data.num_classes")
    versions = known.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    parts = {
        "Config": flat.get("name"),
        "Model": flat.get("model.name"),
        "Networks": flat.get("networks.name"),
        "Data": " ".join(_text(flat.get(key)) for key in ("data.name", "data.path")).strip(),
        "Image": shape and f"{shape}{f', {_text(classes)} classes' if classes else ''}",
        "Seed": flat.get("seed"),
        "Device": known.get("device"),
        "Host": known.get("host"),
        "Versions": ", ".join(f"{_text(name)} {_text(value)}" for name, value in versions.items()),
    }
    return [[name, _text(value)] for name, value in parts.items() if _text(value)]
