"""Examples of the commands for running systems: command → line → its effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_EXECUTION: Final = "arn:aws:states:eu-west-1:111111111111:execution:orders:a1"

OPERATING: Final[Mapping[str, Mapping[str, str]]] = {
    "execute": {
        "sfn-release execute orders --input '{\"order\": 7}'": "Run the live release.",
        "sfn-release execute orders --input @order.json --env staging": (
            "Run it in staging, with an input from a file."
        ),
        "sfn-release execute orders --tree": "Try the work tree, without a release.",
        "sfn-release execute orders --version 1.0.0 --no-wait": (
            "Start another release, and don't wait for the end."
        ),
    },
    "bisect": {
        "sfn-release bisect orders --input '{\"order\": 7}' --expect SUCCEEDED": (
            "Find the release that lets this order fail."
        ),
        "sfn-release bisect orders --output '\"paid\"' --good 1.0.0": (
            "Find the release with another result."
        ),
        "sfn-release bisect orders --error CardDeclined --bad 1.1.0": (
            "Find the release that lost an error."
        ),
    },
    "which": {
        f"sfn-release which {_EXECUTION}": "Ask about an execution.",
        'sfn-release which "$ARN" --json': "Print the answer for a script.",
    },
    "explain": {
        f"sfn-release explain {_EXECUTION}": "Show why an execution failed.",
        "sfn-release explain history.json": "Explain a history in a file, without credentials.",
        "sfn-release explain history.json --format mermaid": "Draw the path that it took.",
    },
    "delete": {
        "sfn-release delete refunds --env staging": "Delete a state machine, after asking you.",
        'sfn-release delete refunds --env staging --yes --reason "merged into orders"': (
            "Don't ask, and record why."
        ),
    },
    "handover": {
        "sfn-release handover refunds --to billing --env prod": (
            "Give a state machine to the project billing."
        ),
        'sfn-release handover refunds --to billing --env prod --yes --reason "new team"': (
            "Don't ask, and record why."
        ),
    },
    "acknowledge": {
        "sfn-release acknowledge --env prod": "Accept the versions that status reports.",
        'sfn-release acknowledge --env prod --reason "hotfix by hand"': "Record why they exist.",
    },
    "prune": {
        "sfn-release prune --env prod": "Show the versions to delete, and ask.",
        "sfn-release prune --env prod --keep 5 --yes": "Keep five releases, and don't ask.",
    },
    "unlock": {
        "sfn-release unlock --env prod": "Show who holds the lock, and ask.",
        'sfn-release unlock --env prod --yes --reason "runner died"': "Don't ask.",
    },
    "local": {
        "sfn-release local serve": "Serve Step Functions on 127.0.0.1:8083.",
        "sfn-release local reset": "Delete everything that is deployed to local.",
    },
    "local serve": {
        "sfn-release local serve": "Serve the project's state machines on port 8083.",
        "sfn-release local serve --port 0 --in-memory": "Serve an empty one on any free port.",
        "sfn-release local serve --handler charge=app.charge:handler": (
            "Run a Lambda function from your code."
        ),
        "sfn-release local serve --endpoint '*=http://127.0.0.1:4566'": (
            "Send tasks to LocalStack or moto."
        ),
    },
    "local reset": {
        "sfn-release local reset": "Delete everything, after asking you.",
        "sfn-release local reset --yes": "Don't ask.",
    },
}
