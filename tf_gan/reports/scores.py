"""What the page says of scores: their order, what is good, the verdict."""

VERDICT = ("kid", "recall", "sharpness", "nearest_neighbour_ratio")  # The rows behind it.
# In the order of reading, those of the verdict first.
GOOD = {
    "kid": "about 0, or below",
    "recall": "near that of real images; low: kinds of pictures are missing",
    "sharpness": "about 1; lower: blur; higher: noise",
    "nearest_neighbour_ratio": "about 1 or above; below 0.5: copies",
    "nearer_than_held_out": "0.5 or below; near 1: copies",
    "precision": "near that of real images; says nothing of variety or of blur",
    "coverage": "near that of real images; says nothing of blur",
    "density": "near that of real images; higher is not better",
    "fid": "low, for the same number of samples",
    "parzen": "near that of real images; higher is not better",
    "is": "high; that of real images at most",
    "ms_ssim": "near that of real images; higher: samples are alike",
    "sliced_wasserstein": "low",
    "modes": "all that the data have",
    "good_share": "near that of real images",
    "label_agreement": "near 1",
}


def key(name: str) -> str | None:
    """Returns the name in `GOOD` of a score whose name has the marks of its protocol;
    None if it is not there.
    """
    return next((known for known in GOOD if f"{name}_".startswith(f"{known}_")), None)


def shown(entries: list[dict]) -> list[dict]:
    """Returns the scores in the order of reading, each with what is `good`.

    Args:
        entries: Those of `metrics.json`, the verdicts among them.
    """
    order = [*GOOD, None]
    found = [
        entry | {"good": GOOD.get(key(entry["name"]) or "", "")}
        for entry in entries
        if entry["name"] != "verdict"
    ]
    return sorted(found, key=lambda entry: order.index(key(entry["name"])))


def verdict(entries: list[dict], step: float) -> dict:
    """Returns `{"text", "note"}` of the newest step with scores: the verdict on it, and
    which step it is if the run is further; each may be "".

    Args:
        entries: Those of `metrics.json`, the verdicts among them.
        step: The step of the run.
    """
    newest = max((entry["step"] for entry in entries if entry["step"] is not None), default=None)
    if newest is None:
        return {"text": "", "note": ""}
    texts = [
        entry["text"] for entry in entries if entry["name"] == "verdict" and entry["step"] == newest
    ]
    note = f"The scores are those of step {newest:,.0f}; the run is at step {step:,.0f}."
    return {"text": texts[-1] if texts else "", "note": note if newest < step else ""}
