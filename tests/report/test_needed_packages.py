"""The packages of the extra are asked for before a report is begun."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfn_release.errors import UsageError
from sfn_release.report.needed_packages import require_packages


@pytest.mark.parametrize(
    ("module", "package"),
    [("jinja2", "Jinja2"), ("markdown_it", "markdown-it-py"), ("graphlay", "graphlay")],
)
def test_a_missing_package_is_named(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    require_packages()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=package) as found:
        require_packages()
    assert found.value.fix == "Run:  pip install 'sfn-release[report]'"


def test_the_command_says_it_before_it_writes_anything(tmp_path: Path) -> None:
    """A new process without Jinja2: an import of it anywhere before would be a traceback."""
    script = (
        "import sys; sys.modules |= {'jinja2': None, 'markupsafe': None};"
        "from sfn_release.cli.main import main; sys.argv = ['sfn-release', *sys.argv[1:]];"
        " sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "report", "--out", "site"],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Jinja2" in done.stderr
    assert "Traceback" not in done.stderr
    assert [*tmp_path.glob("*site*")] == []
