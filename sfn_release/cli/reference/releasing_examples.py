"""Examples of the commands that release and deploy: command → line → its effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RELEASING: Final[Mapping[str, Mapping[str, str]]] = {
    "plan": {
        "sfn-release plan": "Show the changes of publishing the work tree.",
        "sfn-release plan 1.1.0 --env prod": "Show the changes of a deployment to prod.",
        "sfn-release plan --rollback --env prod": "Show the changes of a rollback.",
        "sfn-release plan --format markdown --exit-code": (
            "Write it for a pull request, and exit 3 for changes."
        ),
    },
    "comment": {
        "sfn-release comment plan.md --if-possible": (
            "Show the file of `plan --format markdown` on the pull request of this job."
        ),
        "sfn-release comment notes.md --name notes": "Show any other Markdown file.",
    },
    "next": {
        "sfn-release next": "Show the version that the changes call for.",
        "sfn-release next -v": "Show every change with its class.",
        "sfn-release next --json": "Print the version for a script.",
    },
    "publish": {
        "sfn-release publish 1.2.0": "Release this commit, and deploy it.",
        "sfn-release publish --bump auto --env staging": (
            "Let the changes choose the version, and deploy to staging."
        ),
        "sfn-release publish 1.2.0 --no-deploy": "Release without deploying.",
        "sfn-release publish --version-from-tag --env staging": (
            "In a pipeline that runs for a tag: release that version."
        ),
    },
    "deploy": {
        "sfn-release deploy 1.1.0 --env staging": "Deploy a release to staging.",
        "sfn-release deploy 1.1.0 --env staging --env prod": "Deploy to two, in this order.",
        "sfn-release deploy --resume --env prod": "Continue a deployment that was killed.",
    },
    "promote": {
        "sfn-release promote --from staging --to prod": "Bring the live release to prod.",
        "sfn-release promote 1.1.0 --from staging --to prod": (
            "Promote one release, if it succeeded in staging."
        ),
        'sfn-release promote --from staging --to prod --reason "July sale"': (
            "Record why you promote it."
        ),
    },
    "rollback": {
        "sfn-release rollback --env prod": "Go back to the previous release.",
        "sfn-release rollback 1.0.0 --env prod": "Go back to one release.",
        'sfn-release rollback --env prod --yes --reason "orders hang"': (
            "Don't ask, and record why."
        ),
    },
    "yank": {
        'sfn-release yank 1.1.0 --reason "charges twice"': "Block a release everywhere.",
        'sfn-release yank 1.1.0 --reason "charges twice" --json': (
            "Print where it is still live, for a script."
        ),
    },
    "unyank": {
        "sfn-release unyank 1.1.0": "Allow a release again.",
        "sfn-release unyank 1.1.0 --json": "Print the change for a script.",
    },
}
