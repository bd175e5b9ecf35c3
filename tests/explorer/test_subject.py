"""What a page says of its model."""

import pytest
from support.small import style_gan

from tf_gan import explorer
from tf_gan.config import default_config
from tf_gan.explorer import page
from tf_gan.runs import build


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ((), ["gan, _ = build.load('runs/x')"]),
        (("best",), ["gan, _ = build.load('runs/x', 'best')"]),
        (
            ("latest", 3),
            ["gan, _ = build.load('runs/x')", "gan.set_standing_statistics(3)"],
        ),
    ],
)
def test_the_lines_of_a_run_make_its_model(tiny_gan, monkeypatch, arguments, lines):
    monkeypatch.setattr(build, "load", lambda *_: (tiny_gan, default_config()))
    monkeypatch.setattr(type(tiny_gan), "set_standing_statistics", lambda *_: None)
    load = explorer.of_run("runs/x", *arguments).load
    assert load == ["from tf_gan.runs import build", *lines]


def test_only_generators_that_see_the_length_of_latents_truncate(tiny_gan):
    for model, truncates in ((tiny_gan, True), (style_gan(), False)):
        data = page.facts(explorer.of_model(model, "model", []), 0)
        assert data["truncates"] is truncates
