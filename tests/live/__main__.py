"""The command: run the suite, or sweep what earlier runs left."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TextIO

from .lab import FAILURES_OF_AWS, Lab, cost, new_run
from .policy import policy
from .questions import QUESTIONS, Question
from .report import Answer, Step, Verdict, redacted, report, write_report
from .settings import PREFIX, VARIABLES, Settings, SettingsError, read_settings
from .story import STEPS, STORY_TRANSITIONS, tell
from .sweep import sweep

_DESCRIPTION = f"""\
Runs sfn-release on AWS, and asks AWS what no documentation says. It takes about ten minutes and
costs less than a cent. Everything that it makes is named {PREFIX}… and is deleted at the
end. If a run is killed, the next one an hour later deletes what it left, or --sweep does. The
report is one file without account numbers.
"""


def _say(text: str, stream: TextIO | None = None) -> None:
    """Write a line at once, so that a pipe shows it while the run goes on."""
    stream = stream or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code.

    0: AWS answers as we assume. 1: something differs. 2: a wrong setting. 130: it was stopped.
    """
    options = _parser().parse_args(arguments)
    if options.list:
        for question in QUESTIONS:
            _say(f"{question.id:30} {question.text}")
        for id, (name, _) in STEPS.items():
            _say(f"{id:30} story: {name}")
        return 0
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        _say(f"error: {error}", sys.stderr)
        return 2
    if settings is None:
        _say("skipped: SFN_RELEASE_LIVE is not set (see python -m tests.live --help)")
        return 0
    if options.policy:
        _say(json.dumps(policy(settings), indent=2))
        return 0
    if options.sweep:
        names = sweep(
            settings.client(), older_than=timedelta() if options.all else timedelta(hours=1)
        )
        _say(f"deleted {len(names)} state machines" + "".join(f"\n  {name}" for name in names))
        return 0
    return _run(settings, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live",
        description=_DESCRIPTION,
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--list", action="store_true", help="show the questions and steps, and stop")
    add("--sweep", action="store_true", help="delete what runs left an hour ago, and stop")
    add("--all", action="store_true", help="with --sweep: of any age, of a running run too")
    add("--policy", action="store_true", help="show the least IAM policy of a run, and stop")
    add("--only", metavar="IDS", help="story, questions, or ids of --list, with commas")
    add("--report", metavar="FILE", type=Path, default=Path("sfn-release-live.json"))
    return parser


def _run(settings: Settings, options: argparse.Namespace) -> int:
    chosen, told = _chosen(options.only)
    client = settings.client()
    swept = sweep(client)
    if swept:
        _say(f"deleted {len(swept)} state machines of a run that was killed")
    run = new_run(datetime.now(UTC))
    lab = Lab(client, settings, run)
    estimate = sum(question.transitions for question in chosen)
    estimate += STORY_TRANSITIONS if told else 0
    where = settings.endpoint or f"AWS, {settings.region}"
    _say(f"run {run} on {where}: {len(chosen)} questions; {cost(estimate)}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    answers: list[Answer] = []
    steps: list[Step] = []
    try:
        for question in chosen:
            answers.append(_answer(question, lab))
            _say(f"  {answers[-1].verdict:10} {question.id}")
        for step in tell(lab, told) if told else ():
            steps.append(step)
            _say(f"  {'ok' if step.ok else 'FAILED':10} {step.name}")
    except KeyboardInterrupt:
        _say("interrupted: deleting what this run made", sys.stderr)
    finally:
        left = lab.close()
    interrupted = len(answers) + len(steps) < len(chosen) + len(told)
    about = _about(lab, interrupted=interrupted)
    write_report(options.report, found := report(answers, steps, about, _secrets(settings)))
    for line in found["text"]:
        if not line.startswith(("ok", "agrees")):
            _say(line)
    _say(f"{cost(lab.transitions)}; report: {options.report}")
    for arn in left:
        _say(f"not deleted: {redacted(arn)}; run --sweep --all", sys.stderr)
    if interrupted:
        return 130
    good = all(a.verdict == "agrees" for a in answers) and all(step.ok for step in steps)
    return 0 if good and not left else 1


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _chosen(only: str | None) -> tuple[list[Question], list[str]]:
    """Return the questions and the steps of the story that were asked for."""
    wanted = set(only.split(",")) if only else {"questions", "story"}
    known = {question.id for question in QUESTIONS} | {*STEPS, "questions", "story"}
    if wrong := wanted - known:
        raise SystemExit(f"error: there is no question {', '.join(sorted(wrong))} (see --list)")
    questions = [q for q in QUESTIONS if wanted & {"questions", q.id}]
    return questions, [step for step in STEPS if wanted & {"story", step}]


def _answer(question: Question, lab: Lab) -> Answer:
    """Ask a question. An error of AWS is an answer too: the others are still asked."""
    from botocore.exceptions import ClientError

    verdict: Verdict
    try:
        observed = question.ask(lab)
        verdict = "agrees" if observed == question.assumed else "differs"
    except ClientError as error:
        observed = {name: error.response["Error"].get(name) for name in ("Code", "Message")}
        verdict = "unanswered"
    except (*FAILURES_OF_AWS, KeyError, TypeError, ValueError) as error:
        observed, verdict = f"{type(error).__name__}: {error}", "unanswered"
    return Answer(question.id, question.text, question.assumed, observed, verdict)


def _about(lab: Lab, *, interrupted: bool) -> dict[str, Any]:
    import botocore

    import sfn_release

    endpoint = lab.settings.endpoint
    return {
        "run": lab.run,
        "on": "an emulator" if endpoint else "AWS",
        "region": lab.settings.region,
        "sfn_release": sfn_release.__version__,
        "botocore": botocore.__version__,
        "python": sys.version.split()[0],
        "transitions": lab.transitions,
        "interrupted": interrupted,
    }


def _secrets(settings: Settings) -> list[str]:
    """Return names of this machine, user and account that a report must not have."""
    found = [str(Path.home()), socket.gethostname(), settings.role.rpartition("/")[2]]
    with suppress(OSError, KeyError):
        found.append(getpass.getuser())
    if settings.profile != "default":
        found.append(settings.profile)
    return sorted({name for name in found if len(name) > 3}, key=len, reverse=True)


if __name__ == "__main__":
    sys.exit(main())
