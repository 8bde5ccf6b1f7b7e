"""The command: run the suite, or sweep what earlier runs left."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TextIO
from urllib.parse import urlsplit

from .lab import FAILURES_OF_AWS, LONGEST, EndlessError, Lab, cost, new_run
from .policy import policy
from .questions import QUESTIONS, Question
from .report import Answer, Step, Verdict, redacted, report, write_report
from .settings import PREFIX, VARIABLES, Settings, SettingsError, placeholders, read_settings
from .story import STEPS, STORY_TRANSITIONS, tell
from .sweep import AGE, sweep

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
            _say(f"{question.id:30} {question.text} ({question.source})")
        for id, (name, _) in STEPS.items():
            _say(f"{id:30} story: {name}")
        return 0
    if options.policy:
        return _show_policy()
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        _say(f"error: {error}", sys.stderr)
        return 2
    if settings is None:
        _say("skipped: SFN_RELEASE_LIVE is not set (see python -m tests.live --help)")
        return 0
    return _on_account(settings, options)


def _show_policy() -> int:
    """Show the policy, which you need before you have credentials: with placeholders then."""
    try:
        settings = read_settings(os.environ) or placeholders(os.environ)
    except SettingsError as error:
        settings = placeholders(os.environ)
        _say(f"note: {error}", sys.stderr)
    _say(json.dumps(policy(settings), indent=2))
    return 0


def _on_account(settings: Settings, options: argparse.Namespace) -> int:
    """Sweep, and then run the suite unless only the sweep was asked for."""
    chosen, told = _chosen(options.only)
    try:
        client = settings.client()
        swept = _sweep(client, None if options.sweep and options.all else AGE)
        if options.sweep:
            return swept
    except FAILURES_OF_AWS as error:
        _say(f"error: {error}", sys.stderr)
        return 2
    lab = Lab(client, settings, new_run(datetime.now(UTC)))
    with _signals():
        return _run(lab, chosen, told, options.report)


def _sweep(client: Any, age: timedelta | None) -> int:
    """Delete what runs left that were killed; return 1 if something can't be deleted."""
    deleted, left = sweep(client, older_than=age)
    if deleted:
        _say(f"deleted {len(deleted)} state machines of earlier runs")
    for name in deleted:
        _say(f"  {name}")
    for name in left:
        _say(f"not deleted: {name}", sys.stderr)
    return 1 if left else 0


@contextmanager
def _signals() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP as Ctrl-C inside the block."""
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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


def _run(lab: Lab, chosen: list[Question], told: list[str], file: Path) -> int:
    settings = lab.settings
    estimate = sum(question.transitions for question in chosen)
    estimate += STORY_TRANSITIONS if told else 0
    where = settings.endpoint or f"AWS, {settings.region}"
    _say(f"run {lab.run} on {where}: {len(chosen)} questions; {cost(estimate)}")
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
        with _undisturbed():
            left = lab.close()
    if lab.endless:
        _say(f"executions don't end here: after {LONGEST:.0f} s, no other was started")
    interrupted = len(answers) + len(steps) < len(chosen) + len(told)
    about = _about(lab, interrupted=interrupted)
    write_report(file, found := report(answers, steps, about, _secrets(settings)))
    for line in found["text"]:
        if not line.startswith(("ok", "agrees")):
            _say(line)
    _say(f"{cost(lab.transitions)}; report: {file}")
    for arn in left:
        _say(f"not deleted: {redacted(arn)}; run --sweep --all", sys.stderr)
    if interrupted:
        return 130
    good = all(a.verdict == "agrees" for a in answers) and all(step.ok for step in steps)
    return 0 if good and not left else 1


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore signals inside the block, so that a second Ctrl-C doesn't stop the deletion."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
    except EndlessError as error:
        observed, verdict = str(error), "unanswered"
    except (*FAILURES_OF_AWS, KeyError, TypeError, ValueError) as error:
        observed, verdict = f"{type(error).__name__}: {error}", "unanswered"
    return Answer(question.id, question.text, question.assumed, observed, verdict, question.source)


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
    *_, account, role = settings.role.split(":")
    host = socket.gethostname()
    found = [account, *role.split("/")[1:], host, host.partition(".")[0], sys.prefix]
    found += [str(Path.home()), str(Path.cwd()), str(Path(__file__).parents[2])]
    found += [urlsplit(settings.endpoint or "").hostname or ""]
    with suppress(OSError, KeyError):
        found.append(getpass.getuser())
    if settings.profile != "default":
        found.append(settings.profile)
    return sorted({name for name in found if len(name) > 1}, key=len, reverse=True)


if __name__ == "__main__":
    sys.exit(main())
