"""The story of two releases: publish, execute, change, publish, diff, roll back."""

from __future__ import annotations

from sfn_release.cli.stories.story import Story

_NOTES = """\
## [1.1.0]

### Changed

- Greet Bob.

## [1.0.0]
"""


def release_story(story: Story) -> None:
    """Release a workflow twice, and go back."""
    story.chapter("A project: releases.toml and a first workflow.")
    story.sfn_release("init")
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Say hello to Alice")
    story.chapter("The commit becomes release 1.0.0, and runs.")
    story.sfn_release("publish", "1.0.0")
    story.sfn_release("execute", "hello")
    story.chapter("The workflow changes: Alice becomes Bob. The change is release 1.1.0.")
    story.edit("workflows/hello.py", "Hello Alice", "Hello Bob")
    story.edit("CHANGELOG.md", "## [1.0.0]\n", _NOTES)
    story.git("diff", "--unified=0", "workflows")
    story.git("commit", "--quiet", "--all", "--message", "Say hello to Bob")
    story.sfn_release("publish", "1.1.0")
    story.sfn_release("execute", "hello")
    story.sfn_release("diff", "1.0.0", "1.1.0")
    story.chapter("Bob was a mistake: back to 1.0.0, byte for byte, without running its Python.")
    story.sfn_release("rollback", "1.0.0")
    story.sfn_release("execute", "hello")
    story.chapter("What is live, and every deployment so far.")
    story.sfn_release("status")
    story.sfn_release("history")
