"""Fetches Terraform states: from S3, from Terraform's HTTP backend, from a file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Objects
from sfn_release.aws.https_get import Reader, get, too_large
from sfn_release.deployment.site import Site
from sfn_release.deployment.sources.terraform_state import TerraformState, read_state
from sfn_release.errors import AccessError, AwsError, ConfigError, NotFoundError
from sfn_release.project.state_locations import (
    FileLocation,
    S3Location,
    UrlLocation,
    parse_location,
)

LARGEST = 64 << 20  # bytes; Terraform itself takes minutes for a state of this size
_CERTIFICATES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def fetch_state(site: Site, address: str) -> tuple[TerraformState, str]:
    """Return a state, and where it came from: serial, lineage, the version of its object.

    Raises NotFoundError, ConfigError, AccessError, NetworkError and AwsError.
    """
    location = parse_location(address)
    version = ""
    match location:
        case S3Location():
            data, version = _from_s3(site.aws.objects, location)
        case UrlLocation():
            data = get(location.url, _reader(site))
        case FileLocation():
            data = _from_file(site, location)
    state = read_state(data, str(location))
    return state, ", ".join(filter(None, [state.origin, version]))


def _reader(site: Site) -> Reader:
    environ = site.runtime.environ
    user = environ.get("TF_HTTP_USERNAME", "")
    password = environ.get("TF_HTTP_PASSWORD", "")
    return Reader(
        now=site.runtime.now,
        wait=site.runtime.wait,
        limit=LARGEST,
        login=(user, password) if user or password else None,
        certificates=next((environ[name] for name in _CERTIFICATES if environ.get(name)), None),
    )


def _from_file(site: Site, location: FileLocation) -> bytes:
    """Return a file of the repository."""
    around = site.ledger.git.repository.root.resolve()
    path = site.root / location.path
    if not path.resolve().is_relative_to(around):
        raise ConfigError(
            f"{location.path} is outside the repository.",
            why="Others, and your pipeline, couldn't repeat the deployment.",
            fix="Copy the state into the repository's folder (it can be in .gitignore), or name its"
            " backend: s3://bucket/key, https://…",
        )
    try:
        if path.stat().st_size > LARGEST:
            raise too_large(location.path, LARGEST)
        return _regular(path).read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(
            f"There is no file {location.path}.",
            why=f"It's looked for in {site.root}.",
            fix="Check `tfstate` in releases.toml. With a remote backend, name the backend instead,"
            " or run `terraform state pull` into that file.",
        ) from error
    except OSError as error:
        raise ConfigError(f"{location.path} can't be read.", why=str(error.strerror)) from error


def _regular(path: Path) -> Path:
    if not path.is_file():  # a pipe would block
        raise ConfigError(f"{path.name} is not a file.", fix="Name the state file itself.")
    return path


def _from_s3(client: Objects, location: S3Location) -> tuple[bytes, str]:
    """Return an object, and its version as text, "" in a bucket without versions."""

    def get_object(**request: Any) -> dict[str, Any]:
        answer = client.get_object(**request)
        with closing(answer["Body"]) as body:
            if answer.get("ContentLength", 0) > LARGEST:
                raise too_large(str(location), LARGEST)
            return {**answer, "Data": body.read(LARGEST + 1)}

    get_object.__dict__["__self__"] = client  # as a client's own methods have it, for errors
    version = {"VersionId": location.version} if location.version else {}
    try:
        answer = call(get_object, Bucket=location.bucket, Key=location.key, **version)
    except AwsError as error:
        raise _explained(error, location) from error
    data: bytes = answer["Data"]
    if len(data) > LARGEST:
        raise too_large(str(location), LARGEST)
    found = answer.get("VersionId")
    return data, f"version {found}" if found and found != "null" else ""


_NOWHERE = {"NoSuchKey": "object", "NoSuchBucket": "bucket", "NoSuchVersion": "version"}
_ELSEWHERE = {
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "301",
}


def _explained(error: AwsError, location: S3Location) -> AwsError | NotFoundError:
    """Return an error of S3 in words."""
    if noun := _NOWHERE.get(error.aws_code or ""):
        return NotFoundError(
            f"There is no {noun} {location}.",
            why=error.why,
            fix="Check `tfstate` in releases.toml, or run `terraform apply` first. A workspace's"
            " state has its own key: env:/NAME/KEY.",
        )
    if isinstance(error, AccessError) and error.aws_code in {"AccessDenied", "403"}:
        return error.explained(
            f"Without s3:ListBucket, S3 says the same if {location} doesn't exist. An object that"
            " is encrypted with your own KMS key needs kms:Decrypt too."
        )
    if error.aws_code in _ELSEWHERE:
        return AwsError(
            f"The bucket {location.bucket} is in another region, and S3 didn't redirect to it.",
            why=error.why,
            fix="Allow s3:ListBucket (or s3:GetBucketLocation) on the bucket, so that its region"
            " can be found.",
            aws_code=error.aws_code,
            operation=error.operation,
        )
    if error.aws_code == "InvalidObjectState":
        return error.explained("The object is archived (S3 Glacier): restore it first.")
    return error
