"""Modules by name: those of a package, and those of the user."""

import sys

import pytest

from tf_gan import networks, registry
from tf_gan.errors import UserError


def test_names_are_the_modules_without_the_helpers():
    assert {"mlp", "dcgan"} <= set(registry.names(networks))
    assert "mlp" not in registry.names(networks, helpers=("mlp",))
    assert registry.get(networks, "mlp", "networks").__name__ == "tf_gan.networks.mlp"


def test_unknown_name_gives_the_known_and_the_similar_ones():
    with pytest.raises(
        UserError,
        match=r"Unknown networks\. Expected one of \['ali_conv', .*'mlp'.*\]\. Received: 'dcgam'\."
        r" Did you mean 'dcgan'",
    ):
        registry.get(networks, "dcgam", "networks")
    with pytest.raises(UserError, match=r"Received: 'xyzzy'\.$"):
        registry.get(networks, "xyzzy", "networks")
    with pytest.raises(UserError, match="Received: 'mlp'"):
        registry.get(networks, "mlp", "networks", helpers=("mlp",))


def test_dotted_path_is_a_module_of_the_user(package, tmp_path):
    nets = package("nets", "NUMBER = 7\n")
    assert registry.get(networks, nets, "networks").NUMBER == 7
    other = nets.replace(".nets", ".missing")
    for name, missing in ((other, other), ("no_such.x", "no_such")):
        with pytest.raises(
            UserError,
            match=rf"Unknown networks\. Received: '{name}', and there is no module '{missing}'\."
            rf" Expected it in the working directory {tmp_path}, or installed",
        ):
            registry.get(networks, name, "networks")
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        registry.get(networks, package("broken", "import no_such_library\n"), "networks")


def test_files_in_the_working_directory_hide_no_installed_package(package, tmp_path):
    own = package("nets", "NUMBER = 7\n")
    assert registry.get(networks, own, "networks").NUMBER == 7
    assert sys.path[0] != str(tmp_path) and sys.path[-1] == str(tmp_path)


def test_other_names_that_people_give_are_known():
    with pytest.raises(UserError, match=r"Received: 'perceptron'\. Did you mean 'mlp'"):
        registry.get(networks, "perceptron", "networks", others={"perceptron": "mlp"})


@pytest.mark.parametrize("name", ["", ".", "..mlp", ".a.b", "mlp.", "a..b", "a/b.py"])
def test_names_that_are_no_module(name):
    with pytest.raises(UserError, match="Unknown networks"):
        registry.get(networks, name, "networks")


def test_summary_is_the_first_paragraph_on_one_line():
    text = registry.first_paragraph("Draws a grid,\nand no more.\n\nThe rest.\n")
    assert text == "Draws a grid, and no more."
    assert registry.first_paragraph(None) == ""
