"""Examples of the commands that set things up: command → line → its effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

START: Final[Mapping[str, Mapping[str, str]]] = {
    "init": {
        "sfn-release init": "Set up a project in this folder.",
        "sfn-release init --ci github": "Add workflows for GitHub Actions to a project.",
        "sfn-release -C services/billing init": "Set up a project in a subfolder of a repository.",
    },
    "demo": {
        "sfn-release demo": "See a release, a change and a rollback.",
        "sfn-release demo --testing": "See how a workflow is tested before its release.",
        "sfn-release demo --keep": "Keep the repository, to continue by hand.",
    },
    "schema": {
        "sfn-release schema": "Print the schema of releases.toml.",
        "sfn-release schema tests --out tests.schema.json": "Save the schema of *.tests.toml.",
        "sfn-release schema --path": "Print where the installed schema is, for an editor.",
    },
    "completion": {
        'eval "$(sfn-release completion bash)"': "Try it in this bash.",
        "sfn-release completion zsh > ~/.zfunc/_sfn-release": "Install it for zsh.",
        "sfn-release completion fish > ~/.config/fish/completions/sfn-release.fish": (
            "Install it for fish."
        ),
    },
}
