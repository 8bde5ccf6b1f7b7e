"""The verbs of sfn-release, one file each: what the commands call, and what a pipeline can.

    workspace = open_workspace(Path.cwd(), system_runtime(watcher))
    published = publish(workspace, "1.2.0", environments=["staging"])

Every verb takes a Workspace first, raises SfnReleaseError, and returns frozen data. A verb is
imported when it is first asked for, so that `history` does not wait for what only `publish` needs.
"""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False  # type checkers take it for true; typing itself would be a slow import

if TYPE_CHECKING:
    from sfn_release.operations.acknowledge import acknowledge
    from sfn_release.operations.check import Checked, CheckedFinding, check
    from sfn_release.operations.check_environments import EnvironmentsChecked, check_environments
    from sfn_release.operations.comparing import WorkflowStatus
    from sfn_release.operations.delete import delete, plan_deletion
    from sfn_release.operations.deploy import deploy, unfinished
    from sfn_release.operations.diff import WorkflowDiff, diff
    from sfn_release.operations.doctor import doctor
    from sfn_release.operations.doctor.diagnosis import Diagnosis
    from sfn_release.operations.execute import Execution, execute
    from sfn_release.operations.history import history
    from sfn_release.operations.listing import (
        ListedWorkflow,
        build_definitions,
        list_workflows,
    )
    from sfn_release.operations.local import reset_local, service_for
    from sfn_release.operations.plan import plan_version
    from sfn_release.operations.promote import promote
    from sfn_release.operations.publish import Published, publish
    from sfn_release.operations.releases import ListedRelease, releases, show
    from sfn_release.operations.rollback import rollback
    from sfn_release.operations.status import EnvironmentStatus, status
    from sfn_release.operations.tag_version import version_from_tag
    from sfn_release.operations.unlock import unlock
    from sfn_release.operations.verify import Verified, verify
    from sfn_release.operations.verifying import Check
    from sfn_release.operations.workspace import Workspace, open_workspace, system_runtime
    from sfn_release.operations.yank import Yanked, unyank, yank

_HOMES = {
    "Check": "verifying",
    "Checked": "check",
    "CheckedFinding": "check",
    "Diagnosis": "doctor.diagnosis",
    "EnvironmentStatus": "status",
    "EnvironmentsChecked": "check_environments",
    "Execution": "execute",
    "ListedRelease": "releases",
    "ListedWorkflow": "listing",
    "Published": "publish",
    "Verified": "verify",
    "WorkflowDiff": "diff",
    "WorkflowStatus": "comparing",
    "Workspace": "workspace",
    "Yanked": "yank",
    "acknowledge": "acknowledge",
    "build_definitions": "listing",
    "check": "check",
    "check_environments": "check_environments",
    "delete": "delete",
    "deploy": "deploy",
    "diff": "diff",
    "doctor": "doctor",
    "execute": "execute",
    "history": "history",
    "list_workflows": "listing",
    "open_workspace": "workspace",
    "plan_deletion": "delete",
    "plan_version": "plan",
    "promote": "promote",
    "publish": "publish",
    "releases": "releases",
    "reset_local": "local",
    "rollback": "rollback",
    "service_for": "local",
    "show": "releases",
    "status": "status",
    "system_runtime": "workspace",
    "unfinished": "deploy",
    "unlock": "unlock",
    "unyank": "yank",
    "verify": "verify",
    "yank": "yank",
    "version_from_tag": "tag_version",
}

__all__ = [
    "Check",
    "Checked",
    "CheckedFinding",
    "Diagnosis",
    "EnvironmentStatus",
    "EnvironmentsChecked",
    "Execution",
    "ListedRelease",
    "ListedWorkflow",
    "Published",
    "Verified",
    "WorkflowDiff",
    "WorkflowStatus",
    "Workspace",
    "Yanked",
    "acknowledge",
    "build_definitions",
    "check",
    "check_environments",
    "delete",
    "deploy",
    "diff",
    "doctor",
    "execute",
    "history",
    "list_workflows",
    "open_workspace",
    "plan_deletion",
    "plan_version",
    "promote",
    "publish",
    "releases",
    "reset_local",
    "rollback",
    "service_for",
    "show",
    "status",
    "system_runtime",
    "unfinished",
    "unlock",
    "unyank",
    "verify",
    "version_from_tag",
    "yank",
]


class _Verbs(types.ModuleType):
    """This package with each verb as the function, though its file has the verb's name.

    Importing ``operations.publish`` makes Python set the name ``publish`` here to that module.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, types.ModuleType) and _HOMES.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Verbs

if not TYPE_CHECKING:  # else every misspelt name would have a type

    def __getattr__(name: str) -> object:
        """Import a verb when it is first asked for."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"sfn_release.operations.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
