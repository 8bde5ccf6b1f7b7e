"""Examples of the commands for the work tree and its tests: command → line → its effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WRITING: Final[Mapping[str, Mapping[str, str]]] = {
    "import": {
        "sfn-release import checkout.asl.json": "Make a module of a definition in a file.",
        "sfn-release import checkout.asl.json --out -": "Print the module instead.",
        "sfn-release import checkout.asl.json --name checkout --force": (
            "Choose the workflow's name, and replace its module."
        ),
        'sfn-release import "$ARN" --env prod': (
            "Make a module of a state machine in the account of prod, by its ARN."
        ),
    },
    "adopt": {
        "sfn-release adopt orders --env prod": "Take over the state machine of orders in prod.",
        "sfn-release adopt orders --env prod --out workflows/orders.py --force": (
            "Also replace the module of the workflow."
        ),
        "sfn-release adopt orders --env prod --from-project old-shop": (
            "Take it from a project that can't hand it over."
        ),
    },
    "list": {
        "sfn-release list": "List the workflows, each with the release it last changed in.",
        "sfn-release list -v": "Show the digests of the definitions too.",
        "sfn-release list --json": "Print the list for a script.",
    },
    "build": {
        "sfn-release build orders": "Print the definition of one workflow.",
        "sfn-release build --out build": "Write every definition to a file in build/.",
        "sfn-release build": "Print all definitions as one object.",
    },
    "check": {
        "sfn-release check": "Check every workflow of the project.",
        "sfn-release check orders --strict": "Check one workflow, and fail on warnings too.",
        "sfn-release check checkout.asl.json": "Check a definition in a file, without a project.",
        "sfn-release check --format github": "Annotate a pull request from GitHub Actions.",
    },
    "test": {
        "sfn-release test": "Run every test.",
        'sfn-release test orders -k "paid and not late"': "Run the tests with these names.",
        "sfn-release test --coverage --fail-under 80": "Fail if the tests reach too little.",
        "sfn-release test --record": "Write the expectations of a new test from its run.",
    },
    "graph": {
        "sfn-release graph orders": "Print a graph for a Markdown file.",
        "sfn-release graph orders --format svg > orders.svg": "Draw a picture for a browser.",
        "sfn-release graph orders --format dot | dot -Tpng > orders.png": "Draw it by Graphviz.",
        "sfn-release graph orders --coverage": "Mark the states that no test has reached.",
    },
    "coverage": {
        "sfn-release coverage": "Show the coverage of the last test run.",
        "sfn-release coverage orders --fail-under 80": "Fail if the tests reach too little.",
        "sfn-release coverage --env prod --last 200": "Show the coverage by executions.",
    },
    "faults": {
        "sfn-release faults orders": "Let every task of orders fail, with every error.",
        "sfn-release faults orders --require-handled 'Lambda.*,States.Timeout'": (
            "Fail if one of these errors ends an execution without a handler."
        ),
        "sfn-release faults orders --input @order.json": "Start from an input in a file.",
    },
    "replay": {
        "sfn-release replay orders --env prod": "Try the work tree on the last 100 executions.",
        "sfn-release replay orders --env prod --last 20 --against 1.1.0": (
            "Try a release on executions of one workflow."
        ),
        "sfn-release replay orders --env prod --save histories": (
            "Keep the histories, to replay them later without credentials."
        ),
        "sfn-release replay orders histories": "Replay histories that were kept.",
    },
}
