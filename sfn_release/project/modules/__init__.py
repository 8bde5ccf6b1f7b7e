"""From a project's files to declarations: workflow modules, loaded in isolation.

project_build       builds a work tree once, a commit twice
recorded_toolchain  makes a Python with the versions that a release recorded
workflow_files      finds modules and definition files in the workflows folder
build_process       loads modules in a process without credentials, within a time limit
worker              runs in that process: imports the modules, writes down their workflows
import_isolation    ... decides what modules can import
module_contents     ... finds the workflows in a module
module_errors       ... reports the errors of modules
hidden_environment  hides this process's credentials from that process
declared_workflows  the workflows that a build found, unchecked
acceptance          refuses definitions that Step Functions would refuse
reproducibility     compares the two builds of a commit
drafts              reads workflows for `check`, with their findings
single_file         reads one file outside a project
finding_lines       finds the line of a finding
"""

from sfn_release.project.modules.project_build import (
    Build,
    Toolchain,
    build,
    build_commit,
    rebuild_commit,
)

__all__ = ["Build", "Toolchain", "build", "build_commit", "rebuild_commit"]
