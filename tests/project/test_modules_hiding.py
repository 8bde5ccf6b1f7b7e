"""While modules are built, the deployer's environment is out of their reach."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sfn_release.errors import BuildError
from sfn_release.project.modules import build_commit

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")

_GET_DUMPABLE = 3
SCRIPT = """
import ctypes, os
from pathlib import Path
from sfn_release.project.modules.hidden_environment import hidden_environment

def readable():
    path = Path(f"/proc/{os.getpid()}/environ")
    child = os.fork()
    if child == 0:
        try:
            path.read_bytes()
        except PermissionError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0

if os.geteuid() == 0:  # root reads everything: be another user
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # changing the user has hidden it already
print("before", readable())
with hidden_environment():
    print("inside", readable())
    with hidden_environment():
        print("nested", readable())
    print("outer", readable())
print("after", readable())
"""


def test_other_processes_of_the_user_cannot_read_it() -> None:
    """It is hidden until the block ends, or the outermost of nested blocks."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "before True",
        "inside False",
        "nested False",
        "outer False",
        "after True",
    ]


def test_a_build_hides_the_deployer() -> None:
    """A build hides it before it writes a file, and until it ends for any reason."""
    control = ctypes.CDLL(None).prctl
    seen: list[int] = []

    def export(_: Sequence[Path]) -> Sequence[str]:
        seen.append(control(_GET_DUMPABLE, 0, 0, 0, 0))
        raise BuildError("enough")

    before = control(_GET_DUMPABLE, 0, 0, 0, 0)
    with pytest.raises(BuildError, match="enough"):
        build_commit(export, "workflows")
    assert seen == [0]
    assert control(_GET_DUMPABLE, 0, 0, 0, 0) == before
