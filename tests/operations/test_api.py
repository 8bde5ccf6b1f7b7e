"""The names that a pipeline imports from `sfn_release.operations`."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from sfn_release import operations
from sfn_release.lazy_names import public_names

MODULES = {name: module for name, (module, _) in public_names(operations.__file__).items()}
NAMES = sorted(MODULES)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_importable_and_documented(name: str) -> None:
    """It isn't a module, even after its module was imported."""
    import_module(MODULES[name])
    value = getattr(operations, name)
    assert callable(value)
    assert value.__doc__
    assert name in dir(operations)


def test_no_submodule_has_a_public_name() -> None:
    """Python would replace the verb with the submodule on the first import of the submodule."""
    submodules = {module.name for module in pkgutil.iter_modules(operations.__path__)}
    assert submodules & {*NAMES} == set()


def test_a_misspelt_verb_is_an_attribute_error() -> None:
    """The error is the same as for any other module."""
    with pytest.raises(AttributeError, match="no attribute 'publsh'"):
        _ = operations.publsh  # type: ignore[attr-defined]


def test_a_verb_loads_only_what_it_needs() -> None:
    """`history` reads the ledger: it loads neither AWS nor the code that deploys."""
    code = (
        "import sys, json; from sfn_release.operations import history;"
        "print(json.dumps([history.__module__, *sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    module, *loaded = json.loads(done.stdout)
    assert module == "sfn_release.operations.verbs.history"
    assert {"botocore", "boto3", "sfn_release.operations.verbs.publish"} & {*loaded} == set()
