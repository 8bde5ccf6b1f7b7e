"""Examples of the commands that read: the ledger, proofs, diagnosis: command → line → effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SEEING: Final[Mapping[str, Mapping[str, str]]] = {
    "status": {
        "sfn-release status": "Show the live release of every environment.",
        "sfn-release status --env prod -v": "Compare tags and versions in prod too.",
        "sfn-release status --check": "Exit 3 if something has drifted.",
    },
    "releases": {
        "sfn-release releases": "List the releases.",
        "sfn-release releases --format toml": "Print all manifests as one TOML document.",
        "sfn-release releases --json": "Print the list for a script.",
    },
    "history": {
        "sfn-release history --env prod": "List the deployments to prod.",
        "sfn-release history --env prod -n 5": "List the last five.",
        "sfn-release history --env prod --json": "Print the records for a script.",
    },
    "at": {
        "sfn-release at 3h --env prod": "Show the release that was live three hours ago.",
        "sfn-release at 2026-01-31T09:00 --env prod": "Ask about a time, in UTC.",
        "sfn-release at 2026-01-31T09:00+02:00 --env prod": "Use another time zone.",
    },
    "show": {
        "sfn-release show 1.1.0": "Show a release and its workflows.",
        "sfn-release show 1.1.0 orders": "Print a definition as it was released.",
        "sfn-release show 1.1.0 --json": "Print the manifest for a script.",
    },
    "blame": {
        "sfn-release blame orders": "Show who last changed each state.",
        "sfn-release blame orders Charge": "Ask about one state.",
        "sfn-release blame orders --env prod": "Ask about the states that prod serves.",
        "sfn-release blame orders --version 1.0.0": "Ask about an earlier release.",
    },
    "diff": {
        "sfn-release diff 1.0.0 1.1.0": "Compare two releases.",
        "sfn-release diff 1.1.0": "Compare a release with the work tree.",
        "sfn-release diff @staging @prod": "Compare two environments.",
        "sfn-release diff 1.0.0 1.1.0 --format mermaid": "Draw both in one graph.",
    },
    "report": {
        "sfn-release report --out report": "Write the pages to a folder.",
        "sfn-release report --out report --live": "Also ask AWS, for drift.",
        "sfn-release report --serve": "Show them on this machine, following the ledger.",
    },
    "verify": {
        "sfn-release verify": "Check every release.",
        "sfn-release verify 1.1.0 --rebuild": "Build a release again, and compare the digests.",
        "sfn-release verify --env prod": "Prove where the live definitions of prod come from.",
    },
    "attest": {
        "sfn-release attest 1.1.0": "Print the statement about a release.",
        "sfn-release attest 1.1.0 statement.json --subjects definitions": (
            "Write it to a file, with the definitions that it is about."
        ),
        "sfn-release attest 1.1.0 --env prod": "Make one about the deployment to prod.",
    },
    "env": {
        "sfn-release env check": "Check every environment.",
        "sfn-release env check --env prod": "Check one environment.",
    },
    "env check": {
        "sfn-release env check": "Check every environment.",
        "sfn-release env check --env prod": "Check one environment.",
        "sfn-release env check --json": "Print the checks for a script.",
    },
    "doctor": {
        "sfn-release doctor": "Look for problems everywhere.",
        "sfn-release doctor --env prod -v": "Show each permission that prod needs.",
        "sfn-release doctor --iam": "Print the policies for the roles of your pipeline.",
    },
    "permissions": {
        "sfn-release permissions": "Show the permissions that the role of each workflow needs.",
        "sfn-release permissions orders --format json": "Print the IAM policy of one workflow.",
        "sfn-release permissions --env prod --format terraform --merged": (
            "Write one Terraform role for all workflows that share it."
        ),
    },
}
