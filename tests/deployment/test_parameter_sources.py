"""Sources of parameters: CloudFormation and S3 of moto over HTTP, and an HTTP backend."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sfn_release.aws.clients import Aws
from sfn_release.aws.sessions import Access, clients
from sfn_release.deployment.parameter_lookup import refuse_changed
from sfn_release.deployment.site import Site
from sfn_release.deployment.sources import state_files
from sfn_release.deployment.sources.source_reader import SourceReader
from sfn_release.errors import SfnReleaseError
from sfn_release.project import Environment, Source
from sfn_release.project.backends import AWS
from sfn_release.project.parameter_sources import StateOutput, source_of
from support.errors import refused
from support.faults import CUT_OFF, DENIED, SERVER_ERROR, THROTTLED, TIMEOUT_BEFORE, Fault
from support.faulty_client import refused as aws_refusal

REGION = "eu-west-1"
NOW = datetime(2026, 1, 31, 9, tzinfo=UTC)
OUTPUTS = {
    "charge_arn": {"value": "arn:charge", "type": "string"},
    "pause": {"value": 30, "type": "number"},
    "names": {"value": ["a", "b"], "type": ["list", "string"]},
    "nothing": {"value": None, "type": "string"},
}
STATE = json.dumps(
    {
        "version": 4,
        "serial": 7,
        "lineage": "1f-2e",
        "outputs": OUTPUTS,
        "resources": [
            {
                "mode": "managed",
                "type": "aws_sqs_queue",
                "name": "orders",
                "instances": [{"attributes": {"arn": "arn:queue"}}],
            }
        ],
    }
)
TEMPLATE = json.dumps(
    {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {
            "ChargeArn": {"Value": "arn:charge", "Export": {"Name": "shop-ChargeArn"}},
            "Attempts": {"Value": "3"},
        },
    }
)


@dataclass
class Shelf:
    """A site with the parts that sources are read with. *calls* are the calls to AWS."""

    folder: Path
    aws: Aws
    environ: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    clock: timedelta = timedelta()

    def site(self) -> Site:
        """Return the site."""
        runtime = SimpleNamespace(
            environ=self.environ, now=lambda: NOW + self.clock, wait=self.waited.append
        )
        repository = SimpleNamespace(root=self.folder)
        made = SimpleNamespace(
            name="prod",
            environment=Environment("prod", AWS, region=REGION),
            aws=self.aws,
            runtime=runtime,
            root=self.folder / "shop",
            ledger=SimpleNamespace(git=SimpleNamespace(repository=repository)),
        )
        return cast("Site", made)

    def read(self, **sources: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values and origins of sources, by the tables of releases.toml."""
        found: dict[str, Source] = {}
        for name, table in sources.items():
            source = source_of(table)
            assert source is not None
            found[name] = source
        return SourceReader(self.site()).values(found)

    def value(self, **table: str) -> Any:
        """Return the value of one source."""
        return self.read(X=table)[0]["X"]

    def failure(self, **table: str) -> SfnReleaseError:
        """Return the error of one source."""
        with pytest.raises(SfnReleaseError) as caught:
            self.value(**table)
        return caught.value


class Faulty:
    """A client whose operation *broken* raises *error*."""

    def __init__(self, client: Any, broken: str, error: BaseException) -> None:
        self.meta = client.meta
        self._client, self._broken, self._error = client, broken, error

    def __getattr__(self, name: str) -> Any:
        def operation(**request: Any) -> Any:
            if name == self._broken:
                raise self._error
            return getattr(self._client, name)(**request)

        operation.__name__ = name
        operation.__dict__["__self__"] = self._client
        return operation


@pytest.fixture
def shelf(tmp_path: Path, other_services: str) -> Shelf:
    """Make a stack and a bucket with a state, in moto."""
    client = clients(Access(region=REGION, endpoints={"*": other_services}))
    client("cloudformation").create_stack(StackName="shop-functions", TemplateBody=TEMPLATE)
    bucket = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket="state", CreateBucketConfiguration=bucket)
    client("s3").put_object(Bucket="state", Key="env:/prod/shop.tfstate", Body=STATE.encode())
    made = Shelf(tmp_path, Aws(lambda: client("stepfunctions"), client))
    for service in ("cloudformation", "s3"):
        client(service).meta.events.register(
            f"before-call.{service}", lambda model, **_: made.calls.append(model.name)
        )
    (tmp_path / "shop").mkdir()
    return made


def break_service(shelf: Shelf, service: str, operation: str, error: BaseException) -> None:
    """Let one operation of AWS fail."""
    real = shelf.aws.other
    shelf.aws = Aws(
        shelf.aws.step_functions,
        lambda asked: Faulty(real(asked), operation, error) if asked == service else real(asked),
    )


S3 = "s3://state/env:/prod/shop.tfstate"


# CloudFormation


def test_several_parameters_read_each_source_once(shelf: Shelf) -> None:
    """One call for a stack, one for all exports, one for a state."""
    values, origins = shelf.read(
        Charge={"stack": "shop-functions", "output": "ChargeArn"},
        Attempts={"stack": "shop-functions", "output": "Attempts", "type": "integer"},
        Exported={"export": "shop-ChargeArn"},
        Again={"export": "shop-ChargeArn"},
        Terraform={"tfstate": S3, "output": "charge_arn"},
        Queue={"tfstate": S3, "resource": "aws_sqs_queue.orders", "attribute": "arn"},
    )
    assert values == {
        "Charge": "arn:charge",
        "Attempts": 3,
        "Exported": "arn:charge",
        "Again": "arn:charge",
        "Terraform": "arn:charge",
        "Queue": "arn:queue",
    }
    assert shelf.calls == ["DescribeStacks", "ListExports", "GetObject"]
    assert origins["Charge"].startswith(
        "the output ChargeArn of the stack shop-functions (CREATE_COMPLETE since 20"
    )
    assert origins["Exported"].startswith("the export shop-ChargeArn (arn:aws:cloudformation:")
    assert origins["Queue"] == f"aws_sqs_queue.orders.arn of {S3} (serial 7, lineage 1f-2e)"


def test_a_stack_may_be_named_by_its_arn(shelf: Shelf) -> None:
    """Another region's is refused before it's asked for."""
    (stack,) = shelf.aws.stacks.describe_stacks()["Stacks"]
    assert shelf.value(stack=stack["StackId"], output="ChargeArn") == "arn:charge"
    elsewhere = stack["StackId"].replace(REGION, "us-east-1")
    with refused("E_CONFIG", "is in us-east-1, but the environment is in eu-west-1"):
        shelf.value(stack=elsewhere, output="ChargeArn")


def test_a_missing_stack_output_or_export_names_the_nearest(shelf: Shelf) -> None:
    """An output that is asked for by its export's name too."""
    with refused("E_NOT_FOUND", "no stack shop-function in this account and region (eu-west-1)"):
        shelf.value(stack="shop-function", output="ChargeArn")
    with refused("E_NOT_FOUND", "no output 'ChargeARN'", 'Did you mean "ChargeArn"?'):
        shelf.value(stack="shop-functions", output="ChargeARN")
    with refused("E_NOT_FOUND", '{ export = "shop-ChargeArn" }'):
        shelf.value(stack="shop-functions", output="shop-ChargeArn")
    with refused("E_NOT_FOUND", 'Did you mean "shop-ChargeArn"?'):
        shelf.value(export="shop-ChargeARN")


class Stacks:
    """CloudFormation with one stack in a state, and pages of exports."""

    def __init__(self, status: str, pages: int = 1) -> None:
        self.meta = SimpleNamespace(service_model=SimpleNamespace(service_name="cloudformation"))
        self._status, self._pages = status, pages

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        """Answer as CloudFormation does."""
        outputs = [{"OutputKey": "ChargeArn", "OutputValue": "arn:charge"}]
        stack = {"StackName": "s", "StackStatus": self._status, "Outputs": outputs}
        return {"Stacks": [{**stack, "CreationTime": NOW, "StackStatusReason": "because"}]}

    def list_exports(self, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's
        """Answer one page."""
        page = int(NextToken)
        more = {"NextToken": str(page + 1)} if page + 1 < self._pages else {}
        return {"Exports": [{"Name": f"e{page}", "Value": f"v{page}"}], **more}


def stacks(shelf: Shelf, status: str = "CREATE_COMPLETE", pages: int = 1) -> Shelf:
    """Let the shelf have other stacks."""
    client = Stacks(status, pages)
    shelf.aws = Aws(shelf.aws.step_functions, lambda _: client)
    return shelf


@pytest.mark.parametrize(
    ("status", "usable"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_COMPLETE", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", True),
        ("UPDATE_IN_PROGRESS", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("UPDATE_ROLLBACK_FAILED", True),
        ("IMPORT_ROLLBACK_COMPLETE", True),
        ("IMPORT_COMPLETE", True),
        ("REVIEW_IN_PROGRESS", False),
        ("CREATE_IN_PROGRESS", False),
        ("CREATE_FAILED", False),
        ("ROLLBACK_IN_PROGRESS", False),
        ("ROLLBACK_COMPLETE", False),
        ("ROLLBACK_FAILED", False),
        ("DELETE_IN_PROGRESS", False),
        ("DELETE_FAILED", False),
        ("DELETE_COMPLETE", False),
    ],
)
def test_a_stack_that_is_not_there_is_refused(status: str, usable: bool, tmp_path: Path) -> None:
    """In review, in creation, rolled back, in deletion. An update keeps the outputs before it."""
    shelf = stacks(Shelf(tmp_path, Aws(lambda: cast("Any", None))), status)
    if usable:
        assert shelf.value(stack="s", output="ChargeArn") == "arn:charge"
        return
    with refused("E_CONFIG", f"The stack s is in the state {status}", "because"):
        shelf.value(stack="s", output="ChargeArn")


def test_all_pages_of_exports_are_read(tmp_path: Path) -> None:
    """And a list without an end is an error."""
    shelf = stacks(Shelf(tmp_path, Aws(lambda: cast("Any", None))), pages=3)
    assert shelf.value(export="e2") == "v2"
    with refused("E_AWS", "doesn't end"):
        stacks(shelf, pages=1000).value(export="e2")


# S3


def test_a_version_of_an_object_is_named_and_recorded(shelf: Shelf) -> None:
    """Without `versionId` the latest is read, and the record says which it was."""
    client = shelf.aws.other("s3")
    client.put_bucket_versioning(Bucket="state", VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket="state", Key="k", Body=STATE.encode())["VersionId"]
    client.put_object(Bucket="state", Key="k", Body=STATE.replace("arn:charge", "new").encode())
    assert shelf.value(tfstate="s3://state/k", output="charge_arn") == "new"
    pinned = {"tfstate": f"s3://state/k?versionId={old}", "output": "charge_arn"}
    values, origins = shelf.read(X=pinned)
    assert (values["X"], f"version {old})" in origins["X"]) == ("arn:charge", True)
    wrong = shelf.failure(tfstate="s3://state/k?versionId=nonsense", output="charge_arn")
    assert wrong.code in {"E_NOT_FOUND", "E_AWS"}


def test_a_missing_object_or_bucket_is_named(shelf: Shelf) -> None:
    """The advice names workspaces, whose key differs."""
    with refused("E_NOT_FOUND", "no object s3://state/other", "env:/NAME/KEY"):
        shelf.value(tfstate="s3://state/other", output="charge_arn")
    with refused("E_NOT_FOUND", "no bucket s3://none/k"):
        shelf.value(tfstate="s3://none/k", output="charge_arn")


def test_a_bucket_of_another_region_is_named(shelf: Shelf) -> None:
    """If S3 doesn't redirect the client by itself."""
    break_service(shelf, "s3", "get_object", aws_refusal("PermanentRedirect", "GetObject"))
    with refused("E_AWS", "The bucket state is in another region", "s3:ListBucket"):
        shelf.value(tfstate=S3, output="charge_arn")


def test_a_large_state_is_refused(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """From S3 and from a file, before it's read."""
    monkeypatch.setattr(state_files, "LARGEST", 100)
    (shelf.folder / "shop/t.tfstate").write_text(STATE)
    for tfstate in (S3, "t.tfstate"):
        with refused("E_CONFIG", f"{tfstate} is larger than"):
            shelf.value(tfstate=tfstate, output="charge_arn")


def test_nothing_is_decrypted(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SecureString is refused by its type, so its value isn't asked for."""
    asked: list[dict[str, Any]] = []

    class Store:
        def get_parameters(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            found = {"Name": "/shop/key", "Type": "SecureString", "Value": "hunter2"}
            return {"Parameters": [found], "InvalidParameters": []}

    monkeypatch.setattr(type(shelf.aws), "parameter_store", Store())
    error = shelf.failure(ssm="/shop/key")
    assert ("SecureString" in error.message, "hunter2" in str(error)) == (True, False)
    assert asked == [{"Names": ["/shop/key"], "WithDecryption": False}]


def test_a_large_object_of_unknown_size_is_refused(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all of it is read."""
    monkeypatch.setattr(state_files, "LARGEST", 100)
    body = io.BytesIO(STATE.encode())
    client: Any = shelf.aws.objects

    class Unsized:
        meta = client.meta

        def get_object(self, **_: Any) -> dict[str, Any]:
            return {"Body": body}

    monkeypatch.setattr(type(shelf.aws), "objects", Unsized())
    with refused("E_CONFIG", f"{S3} is larger than"):
        shelf.value(tfstate=S3, output="charge_arn")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (THROTTLED, "E_AWS"),
        (SERVER_ERROR, "E_NETWORK"),
        (DENIED, "E_ACCESS"),
        (TIMEOUT_BEFORE, "E_NETWORK"),
        (CUT_OFF, "E_NETWORK"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("service", "operation", "table", "action"),
    [
        (
            "cloudformation",
            "describe_stacks",
            {"stack": "shop-functions", "output": "ChargeArn"},
            "cloudformation:DescribeStacks",
        ),
        ("cloudformation", "list_exports", {"export": "e"}, "cloudformation:ListExports"),
        ("s3", "get_object", {"tfstate": S3, "output": "charge_arn"}, "s3:GetObject"),
    ],
)
def test_a_fault_of_aws_is_one_clear_error(
    service: str, operation: str, table: dict[str, str], action: str, fault: Fault, code: str,
    shelf: Shelf,
) -> None:  # fmt: skip
    """A missing permission is named."""
    title = operation.replace("_", " ").title().replace(" ", "")
    break_service(shelf, service, operation, fault.error(title))
    with refused(code, *([action] if fault is DENIED else [])):
        shelf.value(**table)


# A file


def test_a_file_is_relative_to_releases_toml_and_stays_in_the_repository(shelf: Shelf) -> None:
    """Through `..` and symbolic links too."""
    (shelf.folder / "infra.tfstate").write_text(STATE)
    assert shelf.value(tfstate="../infra.tfstate", output="charge_arn") == "arn:charge"
    outside = shelf.folder.parent / "outside.tfstate"
    outside.write_text(STATE)
    (shelf.folder / "shop/link.tfstate").symlink_to(outside)
    for path in ("../../outside.tfstate", "link.tfstate"):
        with refused("E_CONFIG", f"{path} is outside the repository"):
            shelf.value(tfstate=path, output="charge_arn")


def test_a_file_that_cannot_be_read_is_named(shelf: Shelf) -> None:
    """Missing, and a folder."""
    with refused("E_NOT_FOUND", "no file none.tfstate", "terraform state pull"):
        shelf.value(tfstate="none.tfstate", output="charge_arn")
    with refused("E_CONFIG", "is not a file"):
        shelf.value(tfstate="../shop", output="charge_arn")


# Types


def test_a_value_keeps_its_type_or_gets_the_declared_one(shelf: Shelf) -> None:
    """A number of Terraform fills a number. A list needs a type."""
    (shelf.folder / "shop/t").write_text(STATE)
    output = {"tfstate": "t"}
    assert shelf.value(**output, output="pause") == 30
    assert shelf.value(**output, output="pause", type="string") == "30"
    assert shelf.value(**output, output="names", type="list") == ["a", "b"]
    assert shelf.value(**output, output="names", type="json") == ["a", "b"]
    with refused("E_CONFIG", "the output names of t: it is a list.", 'type = "list"'):
        shelf.value(**output, output="names")
    with refused("E_CONFIG", "it is null"):
        shelf.value(**output, output="nothing")
    with refused("E_CONFIG", "it is a list, and not a whole number"):
        shelf.value(**output, output="names", type="integer")


# The HTTP backend


class Backend:
    """An HTTP server. *answers* maps a path to status, headers and body; *seen* has requests."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.seen: list[tuple[str, str | None]] = []
        backend = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                backend.seen.append((self.path, self.headers.get("Authorization")))
                answers = backend.answers.get(self.path, [(404, {}, b"")])
                status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, status: int = 200, body: str = STATE, **headers: str) -> None:
        """Answer *path* in this way, after the answers before."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(path, []).append((status, names, body.encode()))

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def backend() -> Iterator[Backend]:
    """Run an HTTP backend on loopback."""
    made = Backend()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Shelf:
    """Return a site without AWS."""
    return Shelf(tmp_path, Aws(lambda: cast("Any", None)))


def test_a_state_is_read_with_basic_authentication(desk: Shelf, backend: Backend) -> None:
    """As Terraform's HTTP backend is, and GitLab's: by TF_HTTP_USERNAME and TF_HTTP_PASSWORD."""
    path = "/api/v4/projects/1/terraform/state/prod"
    backend.answer(path)
    desk.environ |= {"TF_HTTP_USERNAME": "ann", "TF_HTTP_PASSWORD": "s3cr:t"}
    assert desk.value(tfstate=backend.url + path, output="charge_arn") == "arn:charge"
    login = base64.b64encode(b"ann:s3cr:t").decode()
    assert backend.seen == [(path, f"Basic {login}")]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (204, "E_NOT_FOUND", "HTTP 204"),
        (404, "E_NOT_FOUND", "HTTP 404"),
        (401, "E_ACCESS", "TF_HTTP_USERNAME and TF_HTTP_PASSWORD are not set"),
        (403, "E_ACCESS", "HTTP 403"),
        (418, "E_AWS", "HTTP 418"),
        (503, "E_NETWORK", "HTTP 503"),
    ],
)
def test_any_other_answer_is_an_error(
    status: int, code: str, words: str, desk: Shelf, backend: Backend
) -> None:
    """A query isn't shown: it may have a token."""
    backend.answer("/s?token=hunter2", status, "")
    error = desk.failure(tfstate=f"{backend.url}/s?token=hunter2", output="charge_arn")
    assert (error.code, words in str(error), "hunter2" in str(error)) == (code, True, False)


@pytest.mark.parametrize(("before", "now"), [(1, True), (0, False), ("1", 1), ([1], [True])])
def test_a_value_that_keeps_its_look_in_python_has_changed(
    before: object, now: object, desk: Shelf, backend: Backend
) -> None:
    """1 and true are equal in Python, and not in a definition."""
    backend.answer("/s", body=json.dumps({"version": 4, "outputs": {"o": {"value": now}}}))
    source = StateOutput(f"{backend.url}/s", "o", "json")
    site = desk.site()
    environment = dataclasses.replace(site.environment, parameters={"X": source})
    site = cast("Site", SimpleNamespace(**{**vars(site), "environment": environment}))
    refuse_changed(site, {"X": now})
    with refused("E_CONFLICT", "The parameter X of prod changed"):
        refuse_changed(site, {"X": before})


def test_no_traceback_shows_the_query(desk: Shelf, backend: Backend) -> None:
    """Neither of our URL nor of the signed one that the server redirects to."""
    backend.answer("/s", 302, "", Location="http://127.0.0.1:9/o?signature=hunter2")
    for url in ("http://127.0.0.1:9/s?token=hunter2", f"{backend.url}/s"):
        error = desk.failure(tfstate=url, output="charge_arn")
        assert error.code == "E_NETWORK"
        assert "hunter2" not in "".join(traceback.format_exception(error))


def test_a_busy_server_is_asked_again(desk: Shelf, backend: Backend) -> None:
    """Three times at most, with a pause."""
    backend.answer("/s", 503, "")
    backend.answer("/s", 429, "")
    backend.answer("/s")
    assert desk.value(tfstate=f"{backend.url}/s", output="charge_arn") == "arn:charge"
    assert desk.waited == [1, 2]


def test_a_page_for_logging_in_is_no_state(desk: Shelf, backend: Backend) -> None:
    """And neither is an empty answer."""
    backend.answer("/html", 200, "<html>Sign in</html>")
    backend.answer("/empty", 200, "")
    with refused("E_CONFIG", "HTML"):
        desk.value(tfstate=f"{backend.url}/html", output="charge_arn")
    with refused("E_NOT_FOUND", "is empty"):
        desk.value(tfstate=f"{backend.url}/empty", output="charge_arn")


def test_credentials_stay_on_their_host(desk: Shelf, backend: Backend) -> None:
    """A redirect to another host gets none, and one to plain HTTP elsewhere isn't followed."""
    other = Backend()
    desk.environ |= {"TF_HTTP_USERNAME": "ann", "TF_HTTP_PASSWORD": "secret"}
    other.answer("/state")
    backend.answer("/s", 302, "", Location=f"{other.url}/state")
    assert desk.value(tfstate=f"{backend.url}/s", output="charge_arn") == "arn:charge"
    assert other.seen == [("/state", None)]
    other.close()
    backend.answer("/same", 307, "", Location="/again")
    backend.answer("/again")
    assert desk.value(tfstate=f"{backend.url}/same", output="charge_arn") == "arn:charge"
    assert backend.seen[-1][1] is not None
    for number, target in enumerate(
        ["http://example.com/state", "file:///etc/passwd", "ftp://a/b"]
    ):
        backend.answer(f"/{number}", 302, "", Location=target)
        with refused("E_CONFIG", "redirects to a URL that can't be used"):
            desk.value(tfstate=f"{backend.url}/{number}", output="charge_arn")
    backend.answer("/circle", 302, "", Location="/circle")
    with refused("E_AWS", "redirects more than 5 times"):
        desk.value(tfstate=f"{backend.url}/circle", output="charge_arn")


def test_a_server_that_is_gone_is_an_error(desk: Shelf, backend: Backend) -> None:
    """Nothing listens; or it hangs up in the middle of the state."""
    backend.answer("/cut", Content_Length="9999")
    with refused("E_NETWORK", f"{backend.url}/cut"):
        desk.value(tfstate=f"{backend.url}/cut", output="charge_arn")
    backend.close()
    with refused("E_NETWORK", "Can't read", "HTTPS_PROXY"):
        desk.value(tfstate=f"{backend.url}/s", output="charge_arn")


def test_a_large_or_slow_answer_ends(
    desk: Shelf, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its declared size, by its real one, and by the clock."""
    monkeypatch.setattr(state_files, "LARGEST", 100)
    backend.answer("/s")
    with refused("E_CONFIG", "larger than"):
        desk.value(tfstate=f"{backend.url}/s", output="charge_arn")
    backend.answer("/unsaid", Content_Length="")
    with refused("E_CONFIG", "larger than"):
        desk.value(tfstate=f"{backend.url}/unsaid", output="charge_arn")
    monkeypatch.setattr(state_files, "LARGEST", 1 << 20)
    moments = iter([NOW, NOW + timedelta(minutes=3)])
    site = desk.site()
    site.runtime.now = lambda: next(moments)  # type: ignore[misc]  # the site is a stand-in
    source = source_of({"tfstate": f"{backend.url}/s", "output": "charge_arn"})
    assert source is not None
    with refused("E_NETWORK", "sends too slowly"):
        SourceReader(site).values({"X": source})
