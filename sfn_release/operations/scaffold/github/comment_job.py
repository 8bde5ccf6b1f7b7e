"""The job that writes the comment: it alone may, and it runs nothing of the pull request."""

from __future__ import annotations

from sfn_release.operations.scaffold.github.pipeline import (
    CHECKOUT,
    DOWNLOAD,
    PYTHON,
    Pipeline,
    fill,
    quoted,
)

_COMMENT = """\
  comment:
    # A job of its own, because `plan` runs the code of the pull request, which could change the
    # programs of its job. Here the plan is only text.
    needs: plan
    if: ${{ !cancelled() && needs.plan.result != 'skipped' }}
    runs-on: ubuntu-latest
    timeout-minutes: 10
    strategy:
      fail-fast: false
      matrix:
        environment: %environments
    permissions:%reading
      pull-requests: write
    concurrency:
      group: %group-comment-${{ matrix.environment }}-${{ github.ref }}
      cancel-in-progress: true
%defaults\
    steps:
%setup\
      - uses: %download
        with:
          name: %group-plan-${{ matrix.environment }}
          path: ${{ runner.temp }}/plan
      - name: Show the plan on the pull request
        # Updates the comment of an earlier run. Without a plan, the job before says why.
        run: |
          plan="$RUNNER_TEMP/plan/plan.md"
          if [ -s "$plan" ]; then sfn-release comment "$plan" --name "$NAME"; fi
        env:
          NAME: %name
          GH_TOKEN: ${{ github.token }}
"""
_TRUSTED = """\
      - uses: %checkout
        with:
          ref: ${{ github.event.repository.default_branch }} # nothing of the pull request
"""
_PYTHON = """\
      - uses: %action
        with:
          python-version: %python
      - name: Install sfn-release
        run: |
"""


def comment_job(pipeline: Pipeline) -> str:
    """Return the job. If only the repository says how to install, the default branch does."""
    apart = pipeline.install.apart
    commands = apart or pipeline.install.commands
    checkout = "" if apart else fill(_TRUSTED, checkout=CHECKOUT)
    setup = checkout + fill(_PYTHON, action=PYTHON, python=quoted(pipeline.python))
    outside = apart and pipeline.folder
    return fill(
        _COMMENT,
        environments=f"[{', '.join(quoted(stage.name) for stage in pipeline.chain)}]",
        reading="" if apart else "\n      contents: read",
        group=pipeline.group,
        defaults="    defaults:\n      run:\n        working-directory: .\n" if outside else "",
        setup=setup + "".join(f"          {command}\n" for command in commands),
        download=DOWNLOAD,
        name=quoted(f"plan of {pipeline.project} for ")[:-1] + '${{ matrix.environment }}"',
    )
