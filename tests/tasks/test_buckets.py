"""Buckets that folders and memory stand in for: S3's answers, and nothing outside the folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.simulator import NoAnswer, TaskCall, TaskFailure
from sfn_release.tasks import ExecutionScope, TaskSources
from sfn_release.tasks.buckets import Buckets, DeclaredBucket, buckets_of
from sfn_release.tasks.endpoints import Endpoints
from sfn_release.tasks.folder_bucket import FolderBucket
from sfn_release.tasks.map_endpoint import MapEndpoint
from sfn_release.tasks.object_store import MemoryBucket, StoredObject
from support.machines import ROLE
from support.oracle_comparison import differences
from support.places import ORACLE

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
SDK, MAP = "arn:aws:states:::aws-sdk:s3:", "arn:aws:states:::s3:"
KEYS = st.text(st.sampled_from("ab-/.é\U0001f600"), min_size=1, max_size=6)


def buckets(**declared: DeclaredBucket) -> Buckets:
    """Return buckets whose clock stands still."""
    return buckets_of(declared, lambda: NOW)


def call(answering: Buckets, action: str, *, sdk: bool = True, **parameters: Any) -> Any:
    """Call an S3 action as a Task state does, or as a Map does."""
    answer = answering.answer_to(TaskCall("State", (SDK if sdk else MAP) + action, parameters))
    assert answer is not None
    return answer()


def failure(answering: Buckets, action: str, **parameters: Any) -> tuple[str | None, str | None]:
    """Return the error and the cause of a failed call."""
    with pytest.raises(TaskFailure) as caught:
        call(answering, action, **parameters)
    return caught.value.error, caught.value.cause


@pytest.fixture(params=["folder", "memory"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Buckets:
    """Return a bucket named shop of either kind."""
    return buckets(shop=tmp_path / "shop" if request.param == "folder" else {})


def recorded() -> Iterator[dict[str, Any]]:
    """Yield the recorded executions of one S3 task."""
    for file in sorted((ORACLE / "executions" / "services").glob("*__s3_*.json")):
        yield json.loads(file.read_text())


@pytest.mark.skipif(not ORACLE.exists(), reason="the recordings are not here")
def test_answers_have_the_shape_that_aws_recorded() -> None:
    """GetObject and PutObject, of every kind of content."""
    for case in recorded():
        objects: dict[str, str | bytes] = {}
        for step in case["setup"]:
            if step["op"] == "put_object":
                body = step["params"]["Body"]
                objects[step["params"]["Key"]] = body["$bytes"] if isinstance(body, dict) else body
        made = buckets_of({"bucket-name": objects}, lambda: NOW)
        resource = case["definition"]["States"].popitem()[1]["Resource"]
        scheduled = next(e for e in case["expect"]["events"] if e["type"] == "TaskScheduled")
        answer = made.answer_to(TaskCall("S3", resource, scheduled["details"]["parameters"]))
        assert answer is not None
        assert differences(case, case["mocks"][0]["output"], answer()) == []


def test_what_is_put_is_got(shop: Buckets) -> None:
    """An SDK integration writes the JSON of its Body, a Map its texts."""
    put = call(shop, "putObject", Bucket="shop", Key="a/b.txt", Body={"é": 1}, Metadata={"x": "1"})
    assert put["ChecksumType"] == "FULL_OBJECT"
    got = call(shop, "getObject", Bucket="shop", Key="a/b.txt")
    assert (got["Body"], got["ContentLength"], got["ETag"]) == ('{"é":1}', 8, put["ETag"])
    head = call(shop, "headObject", Bucket="shop", Key="a/b.txt")
    assert head == {key: value for key, value in got.items() if key != "Body"}
    call(shop, "putObject", sdk=False, Bucket="shop", Key="lines", Body='"text"')
    assert call(shop, "getObject", sdk=False, Bucket="shop", Key="lines") == {"Body": b'"text"'}
    call(shop, "putObject", Bucket="shop", Key="lines", Body="text")
    assert call(shop, "getObject", Bucket="shop", Key="lines")["Body"] == '"text"'
    call(shop, "copyObject", Bucket="shop", Key="copy", CopySource="shop/a/b.txt")
    assert call(shop, "getObject", Bucket="shop", Key="copy")["Body"] == '{"é":1}'
    assert call(shop, "deleteObject", Bucket="shop", Key="copy") == {}
    listed = {"Objects": [{"Key": "lines"}, {"Key": "missing"}]}
    deleted = call(shop, "deleteObjects", Bucket="shop", Delete=listed)
    assert deleted == {"Deleted": [{"Key": "lines"}, {"Key": "missing"}]}
    contents = call(shop, "listObjectsV2", Bucket="shop")["Contents"]
    assert [entry["Key"] for entry in contents] == ["a/b.txt"]


def test_listings_have_pages_prefixes_and_folders(shop: Buckets) -> None:
    """As S3 lists: by UTF-8 bytes, and keys below a delimiter as one prefix."""
    for key in ("b/2", "a", "b/1", "c", "b-1"):
        call(shop, "putObject", Bucket="shop", Key=key, Body=1)
    page = call(shop, "listObjectsV2", Bucket="shop", MaxKeys=2)
    assert [entry["Key"] for entry in page["Contents"]] == ["a", "b-1"]
    assert (page["IsTruncated"], page["KeyCount"], page["MaxKeys"]) == (True, 2, 2)
    token = page["NextContinuationToken"]
    page = call(shop, "listObjectsV2", Bucket="shop", ContinuationToken=token)
    assert [entry["Key"] for entry in page["Contents"]] == ["b/1", "b/2", "c"]
    assert "NextContinuationToken" not in page
    folders = call(shop, "listObjectsV2", Bucket="shop", Delimiter="/", StartAfter="a")
    assert [entry["Key"] for entry in folders["Contents"]] == ["b-1", "c"]
    assert folders["CommonPrefixes"] == [{"Prefix": "b/"}]
    inside = call(shop, "listObjectsV2", Bucket="shop", Prefix="b/")
    assert [entry["Key"] for entry in inside["Contents"]] == ["b/1", "b/2"]
    older = call(shop, "listObjects", Bucket="shop", Delimiter="/", MaxKeys=2)
    assert (older["NextMarker"], older["IsTruncated"]) == ("b-1", True)
    assert call(shop, "listObjectsV2", Bucket="shop", MaxKeys=0)["Contents"] == []


def test_an_item_reader_gets_the_names_and_types_of_a_map(shop: Buckets) -> None:
    """Etag, and seconds since 1970."""
    call(shop, "putObject", Bucket="shop", Key="a", Body=1)
    (entry,) = call(shop, "listObjectsV2", sdk=False, Bucket="shop")["Contents"]
    assert [*entry] == ["Etag", "LastModified", "Key", "Size", "StorageClass"]
    assert isinstance(entry["LastModified"], float)
    (entry,) = call(shop, "listObjectsV2", Bucket="shop")["Contents"]
    assert datetime.fromisoformat(entry["LastModified"]).tzinfo == UTC


def test_refusals_have_the_names_that_step_functions_gives_them(shop: Buckets) -> None:
    """The cause is the one of AWS's SDK."""
    error, cause = failure(shop, "getObject", Bucket="other", Key="a")
    assert error == "S3.NoSuchBucketException"
    assert cause == (
        "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: local,"
        ' Extended Request ID: local) "other" is not one of the buckets here: shop.'
    )
    call(shop, "putObject", Bucket="shop", Key="b", Body=1)
    error, cause = failure(shop, "getObject", Bucket="shop", Key="ä")
    assert error == "S3.NoSuchKeyException"
    assert str(cause).startswith("The specified key does not exist. (Service: S3, Status Code: 404")
    assert 'The bucket "shop" has no "ä". It is ' in str(cause)
    assert 'Did you mean "shop"?' in str(failure(shop, "headBucket", Bucket="shopp")[1])
    call(shop, "putObject", Bucket="shop", Key="a", Body=1)
    assert failure(shop, "getObject", Bucket="shop", Key="a", VersionId="1")[0] == "S3.S3Exception"
    assert failure(shop, "listObjectsV2", Bucket="shop", MaxKeys=-1)[0] == "S3.S3Exception"
    assert failure(shop, "deleteObjects", Bucket="shop")[0] == "S3.S3Exception"
    assert failure(shop, "headBucket", Bucket="x")[0] == "S3.NoSuchBucketException"
    assert call(shop, "listBuckets") == {"Buckets": [{"Name": "shop"}]}
    with pytest.raises(NoAnswer, match="is required but was missing"):
        call(shop, "getObject", Bucket="shop")


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """There's nothing to read or list, until the first object that you put makes the folder."""
    made = buckets(shop=tmp_path / "none")
    for action in ("getObject", "listObjectsV2", "deleteObject", "headBucket"):
        error, cause = failure(made, action, Bucket="shop", Key="a")
        assert error == "S3.NoSuchBucketException"
        shown = f'"shop" is the folder {tmp_path / "none"}, which does not exist.'
        assert str(cause).endswith(shown)
    call(made, "putObject", Bucket="shop", Key="a", Body=1)
    assert call(made, "getObject", Bucket="shop", Key="a")["Body"] == "1"


def test_other_tasks_are_left_to_others() -> None:
    """Other services and actions; and everything, when no bucket is declared."""
    sqs = TaskCall("State", "arn:aws:states:::sqs:sendMessage", {})
    get = TaskCall("State", SDK + "getObject", {"Bucket": "shop", "Key": "a"})
    assert buckets(shop={}).answer_to(sqs) is None
    assert buckets(shop={}).answer_to(TaskCall("State", SDK + "selectObjectContent", {})) is None
    assert buckets().answer_to(get) is None


@pytest.mark.parametrize(
    "key", ["../secret", "a/../../secret", "/etc/passwd", "a//b", "a/./b", "a\\b", "a\0b", "link/x"]
)
def test_no_key_leads_out_of_the_folder(key: str, tmp_path: Path) -> None:
    """Neither by dots nor by links; nothing is read, written, listed or deleted there."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text("secret")
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "file").symlink_to(tmp_path / "secret")
    made = buckets(shop=folder)
    assert failure(made, "getObject", Bucket="shop", Key=key)[0] == "S3.NoSuchKeyException"
    with pytest.raises(NoAnswer, match="names no file inside the folder"):
        call(made, "putObject", Bucket="shop", Key=key, Body=1)
    call(made, "deleteObject", Bucket="shop", Key=key)
    assert call(made, "listObjectsV2", Bucket="shop", Prefix="../")["Contents"] == []
    assert call(made, "listObjectsV2", Bucket="shop")["Contents"] == []
    assert (tmp_path / "outside" / "x").read_text() == "secret"
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_key_that_a_folder_cant_hold_is_explained(tmp_path: Path) -> None:
    """A file can't be a folder too, and names have a length."""
    made = buckets(shop=tmp_path / "shop")
    call(made, "putObject", Bucket="shop", Key="a", Body=1)
    for key in ("a/b", "x" * 300):
        with pytest.raises(NoAnswer, match="Can't write the object"):
            call(made, "putObject", Bucket="shop", Key=key, Body=1)
        with pytest.raises(TaskFailure) as caught:
            call(made, "getObject", Bucket="shop", Key=key)
        assert caught.value.error == "S3.NoSuchKeyException"
    assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == ["a"]


@given(st.lists(st.tuples(KEYS, st.binary(max_size=3)), max_size=6), KEYS)
def test_a_folder_lists_as_memory_does(
    tmp_path_factory: pytest.TempPathFactory, objects: list[tuple[str, bytes]], prefix: str
) -> None:
    """For every key that it can hold."""
    folder, memory = FolderBucket(tmp_path_factory.mktemp("shop")), MemoryBucket({})
    for key, body in objects:
        content = StoredObject(body, NOW)
        try:
            folder.put(key, content)
        except NoAnswer:
            continue
        memory.put(key, content)
    for start in ("", prefix, prefix.partition("/")[0]):
        assert [*folder.keys(start)] == [*memory.keys(start)]
    for key in memory.keys(""):
        found, expected = folder.get(key), memory.get(key)
        assert found is not None
        assert expected is not None
        assert found.body == expected.body


def test_a_bucket_in_memory_is_shared_with_its_test() -> None:
    """Executions see what the test adds, and the test sees what they write."""
    objects: dict[str, str | bytes] = {}
    made = buckets(shop=objects)
    objects["a"] = "1"
    assert call(made, "getObject", Bucket="shop", Key="a")["Body"] == "1"
    call(made, "putObject", Bucket="shop", Key="b", Body={"x": 1})
    assert objects["b"] == b'{"x":1}'
    objects["b"] = "2"
    assert call(made, "getObject", Bucket="shop", Key="b")["Body"] == "2"
    call(made, "deleteObject", Bucket="shop", Key="a")
    assert [*objects] == ["b"]


def test_a_client_of_the_local_service_has_buckets(tmp_path: Path) -> None:
    """A distributed Map reads from one bucket and writes to another, a folder."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rows.csv").write_text("id,name\n1,Ann\n2,Bob\n")
    results: dict[str, str | bytes] = {}
    client = sfn.local(buckets={"shop": tmp_path, "results": results})
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    rows = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket": "shop", "Key": "in/rows.csv"},
        },
        "ItemProcessor": {
            "ProcessorConfig": config,
            "StartAt": "Pass",
            "States": {"Pass": {"Type": "Pass", "End": True}},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "results", "Prefix": "runs"},
            "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"},
        },
        "End": True,
    }
    machine = client.create_state_machine(
        name="rows",
        definition=json.dumps({"StartAt": "Rows", "States": {"Rows": rows}}),
        roleArn=ROLE,
    )["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    output = json.loads(client.describe_execution(executionArn=execution)["output"])
    manifest = json.loads(results[output["ResultWriterDetails"]["Key"]])
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    written = results[file["Key"]]
    assert isinstance(written, bytes)
    assert file["Size"] == len(written)
    assert [json.loads(line) for line in written.splitlines()] == [
        {"id": "1", "name": "Ann"},
        {"id": "2", "name": "Bob"},
    ]


def test_a_map_reads_and_writes_through_an_s3_endpoint(
    other_services: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As through a bucket here, also over several pages."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=other_services)
    s3.create_bucket(Bucket="shop")
    tasks = MapEndpoint(Endpoints({"s3": other_services}), "us-east-1")

    def ask(action: str, **parameters: Any) -> Any:
        answer = tasks.answer_to(TaskCall("Map", MAP + action, parameters))
        assert answer is not None
        later = answer()
        return later.work.result(timeout=60)

    assert "ETag" in ask("putObject", Bucket="shop", Key="a", Body='"x"', ContentType="text/plain")
    assert ask("getObject", Bucket="shop", Key="a") == {"Body": b'"x"'}
    ask("putObject", Bucket="shop", Key="b", Body="2")
    page = ask("listObjectsV2", Bucket="shop", MaxKeys=1)
    assert [*page["Contents"][0]] == ["Etag", "LastModified", "Key", "Size", "StorageClass"]
    rest = ask(
        "listObjectsV2", Bucket="shop", ContinuationToken=page["NextContinuationToken"], Prefix="b"
    )
    assert [entry["Key"] for entry in rest["Contents"]] == ["b"]
    for parameters, error in (
        ({"Bucket": "shop", "Key": "none"}, "S3.NoSuchKeyException"),
        ({"Bucket": "none", "Key": "a"}, "S3.NoSuchBucketException"),
    ):
        with pytest.raises(TaskFailure) as caught:
            ask("getObject", **parameters)
        assert caught.value.error == error
    other = TaskCall("Map", SDK + "getObject", {})
    assert tasks.answer_to(other) is None
    assert MapEndpoint(Endpoints({"sqs": "aws"}), "us-east-1").answer_to(other) is None


def test_a_task_of_s3_without_a_bucket_is_explained() -> None:
    """The cause shows the mock, and the folder."""
    tasks = TaskSources().for_execution(ExecutionScope("m"))
    with pytest.raises(NoAnswer) as caught:
        tasks.run(TaskCall("Read", SDK + "getObject", {"Bucket": "shop", "Key": "a"}))
    assert caught.value.cause.endswith("Or use a folder as the bucket: --bucket shop=FOLDER")
    with pytest.raises(NoAnswer) as caught:
        tasks.run(TaskCall("Send", "arn:aws:states:::sqs:sendMessage", {"Bucket": "shop"}))
    assert "--bucket" not in caught.value.cause
