"""AWS's other services for tests: moto's server over HTTP, and Lambda in this process."""

from __future__ import annotations

import io
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
"""Whose services moto plays."""


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's server on a free port of loopback and yield its URL."""
    from moto.server import ThreadedMotoServer  # slow: imported only when it is used

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def reset(url: str) -> None:
    """Let moto forget everything."""
    request = urllib.request.Request(f"{url}/moto-api/reset", method="POST")  # noqa: S310 - http
    with urllib.request.urlopen(request):  # noqa: S310 - as above
        pass


def code(text: str) -> bytes:
    """Return the code of a Lambda function, as it is uploaded."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("app.py"), text)
    return archive.getvalue()


@dataclass
class Function:
    """A Lambda function in this process: the content of ``$LATEST``, versions, and aliases.

    A content is a CodeSha256 with the members of the configuration that matter.
    """

    latest: dict[str, Any]
    versions: dict[int, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)

    def publish(self) -> int:
        """Publish a version of the current content; return its number."""
        number = max(self.versions, default=0) + 1
        self.versions[number] = dict(self.latest)
        return number


@dataclass
class Lambda:
    """Lambda as boto3's client shows it, with as many versions to a page as *page* says."""

    region: str = "eu-west-1"
    account: str = "000000000000"
    functions: dict[str, Function] = field(default_factory=dict)
    page: int = 2
    denied: frozenset[str] = frozenset()
    meta = SimpleNamespace(service_model=SimpleNamespace(service_name="lambda"))

    def add(self, name: str, *codes: str, latest: str | None = None) -> Function:
        """Add a function whose versions 1, 2, … have these codes; ``$LATEST`` has the last."""
        function = Function({"CodeSha256": latest or codes[-1]})
        function.versions = {n: {"CodeSha256": code} for n, code in enumerate(codes, 1)}
        self.functions[name] = function
        return function

    def arn(self, name: str) -> str:
        """Return a function's ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{name}"

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """Answer as Lambda does."""
        found = self._function("GetFunctionConfiguration", FunctionName)
        if int(Qualifier) not in found.versions:
            raise self._missing("GetFunctionConfiguration", f"{FunctionName}:{Qualifier}")
        return self._configuration(FunctionName, Qualifier, found.versions[int(Qualifier)])

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        """Answer as Lambda does."""
        found = self._function("GetAlias", FunctionName)
        if Name not in found.aliases:
            raise self._missing("GetAlias", f"{FunctionName}:{Name}")
        arn = f"{self.arn(FunctionName.rpartition(':')[2])}:{Name}"
        return {"AliasArn": arn, "Name": Name, **found.aliases[Name]}

    def list_versions_by_function(self, *, FunctionName: str, Marker: str = "0") -> dict[str, Any]:  # noqa: N803
        """Answer as Lambda does, a page at a time."""
        found = self._function("ListVersionsByFunction", FunctionName)
        every = [("$LATEST", found.latest), *found.versions.items()]
        start = int(Marker)
        page = [
            self._configuration(FunctionName, str(version), content)
            for version, content in every[start : start + self.page]
        ]
        more = {"NextMarker": str(start + self.page)} if start + self.page < len(every) else {}
        return {"Versions": page, **more}

    def _configuration(self, name: str, version: str, content: dict[str, Any]) -> dict[str, Any]:
        name = name.rpartition(":")[2]
        arn = f"{self.arn(name)}:{version}"
        return {"FunctionName": name, "FunctionArn": arn, "Version": version, **content}

    def _function(self, operation: str, name: str) -> Function:
        if name.startswith("arn:") and name.split(":")[4] in self.denied:
            told = {"Code": "AccessDeniedException", "Message": f"not authorized: {name}"}
            raise ClientError({"Error": told}, operation)
        if name.rpartition(":")[2] not in self.functions:
            raise self._missing(operation, name)
        return self.functions[name.rpartition(":")[2]]

    def _missing(self, operation: str, what: str) -> ClientError:
        told = {"Code": "ResourceNotFoundException", "Message": f"Function not found: {what}"}
        return ClientError({"Error": told}, operation)
