"""Malformed inputs for every entry point of the program.

A *feed* is one entry point: valid samples, and a function that takes an input. It returns or
raises SfnReleaseError, which has a code; any other exception is a traceback that a user would see,
and more than ten seconds are a hang.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfn_release.errors import SfnReleaseError
from support.attacks.mutating import Mutator
from support.places import DATA

LIMIT = 10.0
"""Seconds after which an input counts as a hang."""

_ROLE = "arn:aws:iam::000000000000:role/shop"
_MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:hello"

CONFIG = f"""\
[project]
name = "shop"
workflows = "workflows"
default_environment = "local"
tag = "v{{version}}"
remote = ""
remote_timeout = 30

[environments.local]
role_arn = "{_ROLE}"
parameters = {{ Who = "Alice", Pause = 3, Tags = ["a", 1], Deep = {{ x = true }} }}

[environments.stage]
region = "eu-west-1"
assume_role = "arn:aws:iam::111111111111:role/deployer"

[environments.prod]
region = "eu-west-1"
account = "222222222222"
role_arn = "{_ROLE}"
alias = "live"
name = "{{workflow}}-prod"
requires = ["stage"]
soak = "1h30m"
branches = ["main", "release/*"]
pins = "resolve"
endpoint_url = {{ stepfunctions = "http://127.0.0.1:1" }}
strategy = {{ type = "canary", percent = 10, interval = "5m", alarms = ["x"], max_failures = 0 }}

[environments.prod.parameters]
Charge = "arn:aws:lambda:eu-west-1:222222222222:function:charge"
Secret = {{ env = "SECRET", type = "integer" }}
Later = {{ ssm = "/shop/later" }}
"""

_YAML = """\
Comment: A sample
StartAt: Read
States:
  Read: &read
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: {FunctionName: "${Charge}", Payload: {"id.$": "$.id"}}
    Retry: [{ErrorEquals: [States.ALL], MaxAttempts: 2, BackoffRate: 1.5}]
    Next: Late
  Late:
    <<: *read
    Comment: >
      folded
      text
    Next: Done
  Done: {Type: Succeed}
"""

_MOCKS = json.dumps(
    {
        "Charge": [{"error": "Lambda.X", "cause": "c"}, {"payload": {"charged": True}}],
        "Reserve": {"return": {"reserved": 3}, "seconds": 12},
        "Each": {"per": "execution", "answers": [{"payload": 1}, {"payload": 2}]},
        "Rows": {"return": {"Body": "id\n1\n2"}},
    }
)

_TAG = f"""\
object {"a" * 40}
type commit
tag v1.0.0
tagger Ann <ann@example.com> 1893456000 +0000

shop 1.0.0

Notes of the release.

Release digest: sha256:{"1" * 64}
sha256:{"2" * 64}  hello
"""

_CHANGELOG = """\
# Changelog

## [Unreleased]

## [1.1.0] - 2030-01-01

### Added
- A thing. [link](x)

## 1.0.0
- The first.

[1.1.0]: https://example.com
"""

_PATHS = (
    "$.a.b[0]['c d'][*]",
    "$..name",
    "$.items[?(@.price < 10 && @.tag == 'x')].id",
    "$.items[?(@.name =~ /a.*b/i)]",
    "$.items[?(@.name =~ /(a+)+b/)]",
    "$.a[1:3,-1]",
    "$.items[?(@.tags contains 'x' || !(@.size empty true))]",
    "$$.Execution.Input.id",
)
_INTRINSICS = (
    "States.Format('{} is {}', $.a, States.MathAdd(1, $.b))",
    "States.ArrayPartition(States.ArrayRange(1, 100, 3), 4)",
    "States.JsonMerge($.a, States.StringToJson('{\"x\": 1}'), false)",
    "States.StringSplit('a,b;c', ',;')",
    "States.Hash('x', 'SHA-256')",
    "States.Base64Decode(States.Base64Encode('ü'))",
    "States.ArrayGetItem($.items, 0)",
)
_JSONATA = (
    "{% $states.input.items[price > 3].{'n': name, 'p': price * 2} %}",
    "{% $map([1..10], function($x, $i) { $x * $i }) ~> $sum %}",
    "{% ($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(10)) %}",
    "{% $replace('aaaaab', /(a+)+c/, 'x') %}",
    "{% $fromMillis(1, '[Y]-[M01]') & $string($states.context) %}",
    "{% $sort(items, function($a, $b) { $a.price > $b.price })^(price) %}",
)
DATA_IN: dict[str, Any] = {
    "a": {"b": [1, {"c d": "x"}]},
    "b": 2,
    "items": [
        {"id": n, "name": "a" * 40 + "c", "price": n, "tag": "x", "tags": ["x"]} for n in range(30)
    ],
}


@dataclass(frozen=True)
class Feed:
    """An entry point: *give* takes an input made from *samples*; *wild*: as any bytes."""

    name: str
    samples: Sequence[str]
    give: Callable[[Any], object]
    wild: bool = False
    weight: int = 10


@dataclass(frozen=True)
class Fed:
    """An input and its outcome: *trouble* is empty, a hang, or an exception without a code."""

    feed: str
    number: int
    seconds: float
    trouble: str
    given: str | bytes
    refused: bool


def definitions() -> list[str]:
    """Return definitions of every kind."""
    files = sorted(DATA.rglob("*.json"))
    contents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return [json.dumps(found) for content in contents for found in _definitions(content)]


def _definitions(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if "StartAt" in value and isinstance(value.get("States"), dict):
            yield value
        else:
            for inner in value.values():
                yield from _definitions(inner)


# Ways in that need nothing


def _toml(text: str) -> None:
    from sfn_release.project import parse_project

    project = parse_project(text, path="releases.toml")
    for environment in project.environments.values():
        repr(environment)


def _definition(content: bytes) -> None:
    from sfn_release import Workflow

    read = Workflow.from_json(content)
    read.diagnostics()
    read.to_json()


def _yaml(content: bytes) -> None:
    from sfn_release import Workflow
    from sfn_release.canonical import digest

    read = Workflow.from_yaml(content)
    read.diagnostics()
    digest(read.serialize())


def _import(content: bytes) -> None:
    from sfn_release.authoring.importing import write_module
    from sfn_release.operations.verbs.import_ import _from_declaration, described_source
    from sfn_release.project.modules.single_file import read_text

    given = read_text(content, "given.json")
    answer = given.definition
    described = isinstance(answer.get("definition"), str) and "stateMachineArn" in answer
    text = write_module(described_source(answer) if described else _from_declaration(given))
    compile(text, "module.py", "exec")


def _mocks(content: bytes) -> None:
    from sfn_release.simulator.mocks import load_mocks

    load_mocks(content, file="x.mocks.json").fresh()


def _version(text: str) -> None:
    from sfn_release.release.version import Precedence, parse_version

    Precedence(parse_version(text))


def _names(text: str) -> None:
    from sfn_release import names
    from sfn_release.local_service.api import arns
    from sfn_release.local_service.api.api_errors import ApiError
    from sfn_release.release import pins

    for kind in (
        text_format
        for text_format in vars(names).values()
        if isinstance(text_format, names.TextFormat)
    ):
        with suppress(SfnReleaseError):
            kind.checked(text)
    pins.function_name(text)
    pins.machine_name(text)
    for read in (arns.machine_arn, arns.unqualified, arns.changeable, arns.execution_arn):
        with suppress(ApiError):
            read(text)


def _record(content: bytes) -> None:
    from sfn_release.release.ledger_files import read_json
    from sfn_release.release.record import Record

    Record.from_json(read_json(content, where="x"), where="x").to_json()


def _serving(content: bytes) -> None:
    from sfn_release.release.ledger_files import read_json
    from sfn_release.release.serving import Serving

    Serving.from_json(read_json(content, where="x"), where="x")


def _manifest(content: bytes) -> None:
    from sfn_release.release.manifest import read_manifest

    read_manifest(content, where="x")


def _yanks(content: bytes) -> None:
    from sfn_release.release.yank_list import read_yanks

    read_yanks(content, where="x")


def _tag(text: str) -> None:
    from sfn_release.ledger.tag_checks import carried_digest

    carried_digest(text, "shop")


def _path(text: str) -> None:
    from sfn_release.asl import paths

    refusals = paths.PathError, paths.PathBudgetError, paths.PatternError, LookupError
    with suppress(*refusals):
        paths.parse(text).find(DATA_IN)


def _expression(text: str) -> None:
    """Run an expression in a Pass state, by the service, as an execution would."""
    jsonata = text.lstrip().startswith("{%")
    state: dict[str, Any] = {"Type": "Pass", "End": True}
    state |= {"Output": text} if jsonata else {"Parameters": {"x.$": text}}
    query = {"QueryLanguage": "JSONata"} if jsonata else {}
    _run(json.dumps({"StartAt": "A", "States": {"A": state}, **query}), json.dumps(DATA_IN))


def _execution(text: str) -> None:
    """Run a definition that went wrong with an input that is right."""
    _run(text, json.dumps({"a": 1, "items": [1, 2, 3], "s": 1, "id": "x", "key": ["k"]}))


def _input(text: str) -> None:
    """Run a definition that is right with an input that went wrong."""
    for definition in (_ITERATING, _CHOOSING):
        _run(definition, text)


_ITERATING = json.dumps(
    {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "MaxConcurrencyPath": "$.b",
                "ItemProcessor": {
                    "StartAt": "W",
                    "States": {"W": {"Type": "Wait", "SecondsPath": "$.id", "End": True}},
                },
                "ResultPath": "$.a.b",
                "Next": "Shape",
            },
            "Shape": {
                "Type": "Pass",
                "Parameters": {"f.$": "States.Format('{}', $.items[0].id)", "l.$": "$..name"},
                "End": True,
            },
        },
    }
)
_CHOOSING = json.dumps(
    {
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.b", "NumericGreaterThan": 1, "Next": "P"},
                    {"Variable": "$.a.b", "StringMatches": "*a*b*", "Next": "P"},
                    {"Variable": "$.b", "TimestampEquals": "2030-01-01T00:00:00Z", "Next": "P"},
                ],
                "Default": "P",
            },
            "P": {"Type": "Pass", "Result": {"x": 1}, "ResultPath": "$.items[0].id", "End": True},
        },
    }
)


class Service:
    """The local service, asked without a network: each answer is AWS's, or a refusal of AWS's."""

    def __init__(self) -> None:
        from sfn_release.local_service import open_service
        from sfn_release.simulator import Mocks

        self._service = open_service(":memory:", tasks_for=lambda _scope: Mocks())

    def ask(self, operation: str, request: Mapping[str, Any] | bytes) -> dict[str, Any]:
        """Return an answer's members; raise AssertionError for an unknown form."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        status, _, payload = self._service.answer(operation, body)
        answer: dict[str, Any] = json.loads(payload)
        assert status == 200 or (status == 400 and answer["__type"]), (status, answer)
        return answer


_services: list[Service] = []


def _service() -> Service:
    if not _services:
        _services.append(Service())
    return _services[0]


def _run(definition: str, given: str) -> None:
    machine = {"name": "x", "definition": definition, "roleArn": _ROLE, "type": "EXPRESS"}
    made = _service().ask("CreateStateMachine", machine)
    if "stateMachineArn" in made:
        arn = made["stateMachineArn"]
        _service().ask("StartSyncExecution", {"stateMachineArn": arn, "input": given})
        _service().ask("DeleteStateMachine", {"stateMachineArn": arn})


REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ListStateMachines", {"maxResults": 10, "nextToken": "x"}),
    ("DescribeStateMachine", {"stateMachineArn": f"{_MACHINE}:1"}),
    ("UpdateStateMachine", {"stateMachineArn": _MACHINE, "roleArn": _ROLE}),
    ("PublishStateMachineVersion", {"stateMachineArn": _MACHINE, "revisionId": "x"}),
    ("ListStateMachineVersions", {"stateMachineArn": _MACHINE, "maxResults": 1}),
    ("TagResource", {"resourceArn": _MACHINE, "tags": [{"key": "a", "value": "b"}]}),
    ("StartExecution", {"stateMachineArn": _MACHINE, "name": "n", "input": "{}"}),
    ("DescribeExecution", {"executionArn": _MACHINE.replace("stateMachine", "execution") + ":n"}),
    (
        "GetExecutionHistory",
        {"executionArn": _MACHINE.replace("stateMachine", "execution") + ":n", "maxResults": 9},
    ),
    ("ListExecutions", {"stateMachineArn": _MACHINE, "statusFilter": "FAILED"}),
    (
        "CreateStateMachineAlias",
        {
            "name": "live",
            "routingConfiguration": [{"stateMachineVersionArn": f"{_MACHINE}:1", "weight": 100}],
        },
    ),
    (
        "CreateStateMachine",
        {
            "name": "hello",
            "definition": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
            "roleArn": _ROLE,
            "publish": True,
            "loggingConfiguration": {"level": "OFF", "destinations": []},
            "tags": [{"key": "a", "value": "b"}],
        },
    ),
)
_REQUESTS = tuple(json.dumps([operation, request]) for operation, request in REQUESTS)


def _asked(text: str) -> tuple[str, bytes]:
    """Return operation and body of a request that went wrong."""
    try:
        operation, request = json.loads(text)
    except (ValueError, TypeError):
        return "CreateStateMachine", text.encode("utf-8", "surrogatepass")
    return str(operation), json.dumps(request).encode()


def _request(text: str) -> None:
    _service().ask(*_asked(text))


ALONE: tuple[Feed, ...] = (
    Feed("releases.toml", (CONFIG,), _toml, weight=20),
    Feed("definition", definitions(), _definition, wild=True, weight=20),
    Feed("YAML", (_YAML,), _yaml, wild=True),
    Feed("import", definitions(), _import, wild=True),
    Feed("execution", definitions(), _execution, weight=15),
    Feed("input", (json.dumps(DATA_IN), '"text"', "[1, 2]"), _input),
    Feed("mocks", (_MOCKS,), _mocks, wild=True),
    Feed("version", ("1.2.3", "v1.0.0-rc.1", "0.0.0-found.1"), _version),
    Feed("names", (_MACHINE, f"{_MACHINE}:7", "refs/heads/x/y", "shop", "workflows/a.py"), _names),
    Feed("tag", (_TAG,), _tag),
    Feed("path", _PATHS, _path),
    Feed("expression", (*_PATHS, *_INTRINSICS, *_JSONATA), _expression, weight=20),
    Feed("request", _REQUESTS, _request, weight=20),
)


# Ways in that need a project, a ledger or a server


def ledger_feeds(files: Mapping[str, str]) -> tuple[Feed, ...]:
    """Return the feeds of the ledger's files, of which *files* has right ones by name."""
    return (
        Feed("record", (files["record"],), _record, wild=True),
        Feed("serving", (files["serving"],), _serving, wild=True),
        Feed("manifest", (files["manifest"],), _manifest, wild=True),
        Feed("yanks", (files["yanks"],), _yanks, wild=True),
    )


class Web:
    """The service over real HTTP: targets, headers and bodies; a server that answers on."""

    def __init__(self, port: int) -> None:
        self._port = port

    def give(self, text: str) -> None:
        """Send a request; its answer has AWS's form, and the server lives."""
        operation, body = _asked(text)
        mutator = Mutator(text)
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AWSStepFunctions.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/states/aws4",
        }
        if mutator.choice((True, False)):
            name = mutator.choice((*headers, "Host", "Origin", "Content-Length", "Expect", "Date"))
            headers[name] = mutator.text((headers.get(name, "1"),))
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2 * LIMIT)
        try:
            method = mutator.choice(("POST", "POST", "POST", "GET", "PUT", "BREW"))
            try:
                connection.request(method, mutator.choice(("/", "/", "/x", "/%00")), body, headers)
            except (ValueError, UnicodeError):
                return  # no client can send this
            answer = connection.getresponse()
            content = answer.read()
            assert 200 <= answer.status < 500 or answer.status == 501, (answer.status, content)
            assert b"Traceback" not in content
        finally:
            connection.close()


def feeding(
    feeds: Sequence[Feed], inputs: int, seed: int, before: Callable[[str, Any], None] | None = None
) -> Iterator[Fed]:
    """Feed *inputs* inputs to the feeds by their weights; yield each with its outcome.

    *before* is called with the feed's name and each input ahead of it, so that an input that never
    returns is known.
    """
    turns = [feed for feed in feeds for _ in range(feed.weight)]
    for number in range(inputs):
        mutator = Mutator(f"{seed}/{number}")
        feed: Feed = mutator.choice(turns)
        given = mutator.bytes(feed.samples) if feed.wild else mutator.text(feed.samples)
        if before is not None:
            before(feed.name, given)
        yield feed_one(feed, given, number)


def feed_one(feed: Feed, given: str | bytes, number: int = 0) -> Fed:
    """Feed one input to a feed and return its outcome."""
    begun = time.monotonic()
    trouble, refused = "", False
    try:
        feed.give(given)
    except SfnReleaseError as error:
        refused = True
        trouble = "" if error.code.startswith("E_") and error.message else "a refusal without words"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        trouble = shown(error)
    seconds = time.monotonic() - begun
    if not trouble and seconds > LIMIT:
        trouble = f"took {seconds:.1f} s"
    return Fed(feed.name, number, seconds, trouble, given, refused)


def shown(error: Exception) -> str:
    """Return an error with the places it came through, innermost first."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(last))
    return f"{type(error).__name__}: {str(error)[:200]} at {places}"
