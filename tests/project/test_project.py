"""releases.toml: the keys that are read, and the errors with their lines."""

import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from sfn_release.errors import ConfigError, NotFoundError
from sfn_release.project import (
    AssumedRole,
    Environment,
    Limits,
    Linear,
    Project,
    find_project,
    parse_project,
    read_project,
    toml_text,
)
from sfn_release.project.backends import AWS, BACKENDS, EMBEDDED
from sfn_release.project.parameter_sources import StoredParameter, Variable
from support.places import ROOT

FULL = """\
[project]
name = "shop"
workflows = "./flows/"
default_environment = "staging"
tag = "shop-v{version}"
remote = "upstream"
ledger = "refs/sfn-release"

[environments.local]
alias = ""
parameters = { OrdersTable = "orders" }

[environments.staging]
region = "eu-west-1"
profile = "staging"
endpoint_url = "http://127.0.0.1:8083"
role_arn = "arn:aws:iam::${Account}:role/shop"
alias = "blue"
name = "{workflow}-staging"
logging = { level = "ERROR", includeExecutionData = false }
tracing = { enabled = true }
encryption = { type = "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId = "alias/shop" }
tags = { team = "checkout" }
confirm = true

[environments.staging.parameters]
Account = "111111111111"

[environments.second]
backend = "local"
"""


def parse(text: str) -> Project:
    return parse_project(text, path="/shop/releases.toml")


def settings(line: str) -> str:
    return f'[project]\nname = "shop"\n{line}\n'


def environment(line: str) -> str:
    return f'[project]\nname = "shop"\n[environments.prod]\nregion = "eu-west-1"\n{line}\n'


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value


def test_the_least_file_is_a_project_with_every_default() -> None:
    """A name is enough; `local` is built in."""
    expected = Project(
        name="shop",
        root=Path("/shop"),
        workflows="workflows",
        default_environment="local",
        tag="v{version}",
        remote=None,
        ledger="refs/heads/sfn-release",
        environments={"local": Environment("local", EMBEDDED)},
    )
    assert expected == parse('[project]\nname = "shop"\n')


def test_every_key_is_read() -> None:
    """Each key of the file is read into its field."""
    expected = Project(
        name="shop",
        root=Path("/shop"),
        workflows="flows",
        default_environment="staging",
        tag="shop-v{version}",
        remote="upstream",
        ledger="refs/sfn-release",
        environments={
            "local": Environment("local", EMBEDDED, alias="", parameters={"OrdersTable": "orders"}),
            "staging": Environment(
                name="staging",
                backend=AWS,
                region="eu-west-1",
                profile="staging",
                endpoints={"*": "http://127.0.0.1:8083"},
                role_arn="arn:aws:iam::${Account}:role/shop",
                alias="blue",
                name_template="{workflow}-staging",
                parameters={"Account": "111111111111"},
                logging={"level": "ERROR", "includeExecutionData": False},
                tracing={"enabled": True},
                encryption={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/shop"},
                tags={"team": "checkout"},
                confirm=True,
            ),
            "second": Environment("second", EMBEDDED),
        },
        local_is_implied=False,
    )
    assert expected == parse(FULL)


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    """Files of Windows editors are read."""
    assert parse("\ufeff" + FULL.replace("\n", "\r\n")) == parse(FULL)


def test_the_endpoint_prefixes_of_aws_are_understood() -> None:
    """Step Functions has another name in URLs and ARNs than in botocore."""
    error = refusal(environment('endpoint_url = { states = "http://127.0.0.1:1" }'))
    assert error.fix == 'Did you mean "stepfunctions"?'


REFUSED = {
    "unknown key": (
        environment('rol_arn = "x"'),
        5,
        "unknown key 'rol_arn' in [environments.prod]",
    ),
    "unknown setting": (settings('remotes = "x"'), 3, "unknown key 'remotes' in [project]"),
    "unknown table": ("[projekt]\nname = 'shop'", 1, "unknown key 'projekt' in releases.toml"),
    "unknown nested key": (environment("logging.levl = 'ALL'"), 5, "unknown key 'levl'"),
    "soak without requires": (environment("soak = '1h'"), 5, "`requires`, which is missing"),
    "a span of time": (environment("requires = ['local']\nsoak = '1 h'"), 6, 'soak = "1 h"'),
    "an unknown environment": (environment("requires = ['stagin']"), 5, "prod requires 'stagin'"),
    "local is required": (environment("requires = ['local']"), 5, "never leave a clone"),
    "an environment that requires itself": (
        environment("requires = ['prod']"),
        5,
        "prod requires itself",
    ),
    "a circle": (
        environment(
            "requires = ['eu']\n[environments.eu]\nregion = 'eu-west-1'\nrequires = ['prod']"
        ),
        5,
        "prod requires eu, which requires prod: neither accepts a release",
    ),
    "an account that is a number": (environment("account = 222222222222"), 5, "a whole number"),
    "a short account": (environment("account = '2222'"), 5, 'account = "2222"'),
    "two sources": (environment("parameters.X = { env = 'A', ssm = 'b' }"), 5, 'X = { env = "A"'),
    "no source": (environment("parameters.X = { evn = 'A' }"), 5, "unknown key 'evn'"),
    "half a source": (environment("parameters.X = { tfstate = 'a.tfstate' }"), 5, "X ="),
    "half an attribute": (
        environment("parameters.X = { tfstate = 'a.tfstate', resource = 'aws_x.y' }"),
        5,
        "X =",
    ),
    "an output and an attribute": (
        environment(
            "parameters.X = { tfstate = 'a', output = 'o', resource = 'a.b', attribute = 'c' }"
        ),
        5,
        "X =",
    ),
    "a stack's name": (
        environment("parameters.X = { stack = 'a_b', output = 'B' }"),
        5,
        'stack = "a_b"',
    ),
    "an export's name": (environment("parameters.X = { export = 'a b' }"), 5, 'export = "a b"'),
    "a state without TLS": (
        environment("parameters.X = { tfstate = 'http://a.example/s', output = 'o' }"),
        5,
        "http://a.example/s",
    ),
    "a state with a password": (
        environment("parameters.X = { tfstate = 'https://a:b@c/s', output = 'o' }"),
        5,
        "https://a:b@c/s",
    ),
    "a state in a scheme": (
        environment("parameters.X = { tfstate = 'gs://bucket/key', output = 'o' }"),
        5,
        "gs://bucket/key",
    ),
    "a state without a key": (
        environment("parameters.X = { tfstate = 's3://bucket', output = 'o' }"),
        5,
        'tfstate = "s3://bucket"',
    ),
    "a state's absolute path": (
        environment("parameters.X = { tfstate = '/etc/passwd', output = 'o' }"),
        5,
        "/etc/passwd",
    ),
    "a resource": (
        environment("parameters.X = { tfstate = 'a', resource = 'aws_x', attribute = 'c' }"),
        5,
        'resource = "aws_x"',
    ),
    "an attribute": (
        environment("parameters.X = { tfstate = 'a', resource = 'a.b', attribute = '0' }"),
        5,
        'attribute = "0"',
    ),
    "an unknown type": (
        environment("parameters.X = { env = 'A', type = 'int' }"),
        5,
        'type = "int" in',
    ),
    "a type without a source": (environment("parameters.X = { type = 'list', env = 3 }"), 5, "env"),
    "a role without an ARN": (environment("assume_role = { external_id = 'x1' }"), 5, "assume"),
    "an unknown service": (
        environment("endpoint_url = { sqs = 'http://a' }"),
        5,
        "unknown key 'sqs'",
    ),
    "an unknown strategy": (environment("strategy = 'canary'"), 5, 'strategy = "canary" in'),
    "half a strategy": (
        environment("strategy = { type = 'canary', percent = 5 }"),
        5,
        "`interval` is missing",
    ),
    "a strategy that shifts nobody": (
        environment("strategy = { type = 'all-at-once', alarms = ['a'] }"),
        5,
        '`alarms` has no effect with  type = "all-at-once"',
    ),
    "a strategy without an alias": (
        environment("alias = ''\nstrategy = { type = 'linear', percent = 5, interval = '1m' }"),
        6,
        "this environment has none",
    ),
    "a whole canary": (
        environment("strategy = { type = 'canary', percent = 100, interval = '1m' }"),
        5,
        "percent = 100",
    ),
    "a bad pin": (environment("pins = 'on'"), 5, 'pins = "on"'),
    "an impossible branch": (environment("branches = ['a..b']"), 5, "branches"),
    "wrong type": (settings("workflows = 1"), 3, "is a whole number, but must be a string"),
    "boolean for a number": (
        environment("encryption.kmsDataKeyReusePeriodSeconds = true"),
        5,
        "is true or false, but must be a whole number",
    ),
    "table for a string": (settings("[project.tag]"), 3, "is a table, but must be a string"),
    "array of tables": ('[[project]]\nname = "x"', 1, "is an array, but must be a table"),
    "date": (settings("tag = 2026-01-01"), 3, "is a date, but must be a string"),
    "array item": (environment("logging.destinations = [1]"), 5, "is a whole number"),
    "environment no table": (settings("[environments]\nprod = 1"), 4, "must be a table"),
    "broken": ('[project]\nname = "shop\n', 2, "not valid TOML"),
    "broken at the end": ("[project]\nname = '''shop\n\n\n", 2, "at the end of the file"),
    "key twice": (settings('name = "x"'), 3, "not valid TOML"),
    "no project": ("[environments.prod]\nregion = 'eu-west-1'", None, "[project] is missing"),
    "no name": ("# hello\n[project]\ntag = 'v{version}'", 2, "`name` is missing in [project]"),
    "default unknown": (settings("default_environment = 'lokal'"), 3, "'lokal' is not one of"),
    "environment name": (settings("[environments.Prod]"), 3, "the key 'Prod'"),
    "environment name long": (settings(f"[environments.{'a' * 32}]"), 3, "can't be used"),
    "no region": (settings("[environments.prod]\nalias = 'x'"), 3, "`region` is missing"),
    "local on AWS": (
        settings("[environments.local]\nbackend = 'aws'"),
        4,
        "always has the backend local",
    ),
    "local profile": (settings("[environments.local]\nprofile = 'x'"), 4, "has no meaning"),
    "backend": (environment("backend = 'gcp'"), 5, 'backend = "gcp"'),
    "role's parameter": (environment("role_arn = '${Role}'"), 5, "${Role} is not declared"),
    "role filled": (
        environment("role_arn = '${Role}'\nparameters.Role = 'admin'"),
        5,
        'role_arn = "admin"',
    ),
    "parameter type": (environment("parameters.Count = 2026-01-31"), 5, "Count = 2026-01-31"),
    "parameter too large": (environment("parameters.Count = [{a = 9007199254740993}]"), 5, "Count"),
    "parameter not a number": (environment("parameters.Count = nan"), 5, "Count ="),
    "parameter given": (environment("parameters.'AWS::Region' = 'x'"), 5, "'AWS::Region'"),
    "name from a source": (
        environment("name = '${S}-{workflow}'\nparameters.S = { env = 'S' }"),
        5,
        "looked up",
    ),
    "name without an account": (
        environment("name = '{workflow}-${AWS::AccountId}'"),
        5,
        "AWS::AccountId",
    ),
    "name undeclared": (environment("name = '${S}-{workflow}'"), 5, "${S} is not declared"),
    "name filled badly": (
        environment("name = '${S}-{workflow}'\nparameters.S = 'a b'"),
        5,
        "can't be the name",
    ),
    "parameter name": (environment("parameters.'a-b' = 'x'"), 5, "the key 'a-b'"),
    "tag reserved": (environment("tags.'aws:x' = 'x'"), 5, "the key 'aws:x'"),
    "tag ours": (environment("tags.'sfn-release:project' = 'x'"), 5, "can't be used"),
    "tag value": (environment("tags.a = 'x\\n'".replace("'", '"')), 5, "can't be used"),
    "level": (environment("logging = { level = 'LOUD' }"), 5, 'level = "LOUD"'),
    "reuse period": (environment("encryption.kmsDataKeyReusePeriodSeconds = 1"), 5, "= 1 in"),
    "control character": (environment('profile = "a\\u0007"'), 5, "can't be used"),
}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("strategy = 'linear'", 'or a table with  type = "canary"'),
        ("requires = ['nope']", "They are: local, prod."),
    ],
)
def test_what_could_be_said_instead_is_told(line: str, told: str) -> None:
    """The error suggests lines of releases.toml."""
    assert told in refusal(environment(line)).why


@pytest.mark.parametrize(("text", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_is_refused_at_its_line(
    text: str, line: int | None, words: str
) -> None:
    """The message begins with the file and line, and names the key."""
    place = "releases.toml: " if line is None else f"releases.toml:{line}: "
    message = refusal(text).message
    assert message.startswith(place), message
    assert words in message


VALUES = {
    "name": (
        ["shop", "a", "a-b.c_d", "0"],
        ["", "Shop", "a b", "-a", "a-", "a..b", "a/b", "a.lock", "a" * 64, "ä", "a\n"],
    ),
    "tag": (
        ["v{version}", "{version}", "shop/v{version}", "v{version}-final"],
        [
            "v",
            "{version}{version}",
            "-{version}",
            "a b{version}",
            "v{version}.lock",
            "{version}/",
            "/{version}",
            "a//{version}",
            ".a{version}",
            "a..{version}",
            "{version}~",
            "{x}{version}",
            "@{{version}",
            "a:{version}",
            "{version}.",
        ],
    ),
    "remote": (
        ["", "origin", "team/shop", "_x"],
        ["-origin", "--upload-pack=x", "git@host:x.git", "https://host/x", "../x", "a b", "a..b"],
    ),
    "ledger": (
        ["refs/heads/sfn-release", "refs/sfn-release", "refs/heads/a/b"],
        [
            "",
            "heads/x",
            "refs/",
            "refs",
            "refs/heads",
            "refs/tags/x",
            "refs/replace/x",
            "refs/a b",
            "refs/remotes/origin",
            "refs/x/",
            "/refs/x",
        ],
    ),
    "workflows": (
        ["workflows", "src/flows", "./flows/"],
        ["", ".", "/abs", "../x", "a/../../x", "C:/x", "a\\b", "\\\\host\\x", ".git/x", "a\tb"],
    ),
}
ENVIRONMENT_VALUES = {
    "region": (
        ["eu-west-1", "us-gov-west-1", "eu-isoe-west-1", "cn-north-1"],
        ["", "Frankfurt", "eu-west", "eu-west-1a", "eu_west_1", "eu-west-1\n"],
    ),
    "alias": (["", "live", "1.2.0", "A_b-c", "a" * 80], ["7", "a b", "1.2.0+x", "ä", "a" * 81]),
    "name": (
        ["{workflow}", "{workflow}-prod", "a.b_{workflow}"],
        [
            "",
            "prod",
            "{workflow}{workflow}",
            "{workflow} prod",
            "{workflow}/x",
            "{Workflow}",
            "{workflow}{stage}",
            "{workflow}" + "x" * 80,
        ],
    ),
    "endpoint_url": (
        ["http://127.0.0.1:8083", "https://states.example.com/x", "http://[::1]:80"],
        [
            "",
            "127.0.0.1:8083",
            "ftp://host",
            "http://",
            "http://host:port",
            "http://host:99999",
            "http://user:secret@host",
            "http://host?x=1",
            "http://host#x",
            "http://a b",
            "http://[::1",
        ],
    ),
    "role_arn": (
        ["arn:aws:iam::111111111111:role/shop", "arn:aws-cn:iam::111111111111:role/a/b+c"],
        [
            "",
            "shop",
            "arn:aws:iam::1:role/shop",
            "arn:aws:iam::111111111111:user/x",
            "arn:aws:iam::111111111111:role/",
            "arn:aws:sts::111111111111:role/x",
        ],
    ),
    "profile": (["staging", "my profile"], [""]),
    "backend": (["aws"], ["", "AWS", "localstack"]),
}


def _cases(table: dict[str, tuple[list[str], list[str]]], *, legal: bool) -> list[tuple[str, str]]:
    return [(key, value) for key, both in table.items() for value in both[not legal]]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _text(key: str, value: str, *, of_project: bool) -> str:
    lines = {"name": '"shop"'} if of_project else {"region": '"eu-west-1"'}
    lines[key] = _quoted(value)
    body = "\n".join(f"{name} = {written}" for name, written in lines.items())
    return f"[project]\n{body}" if of_project else settings(f"[environments.prod]\n{body}")


@pytest.mark.parametrize(("key", "value"), _cases(VALUES, legal=True))
def test_legal_settings_are_taken(key: str, value: str) -> None:
    """A value that Git, AWS or the file system accepts is accepted."""
    project = parse(_text(key, value, of_project=True))
    assert value.removeprefix("./").rstrip("/") == getattr(project, key)


@pytest.mark.parametrize(("key", "value"), _cases(VALUES, legal=False))
def test_illegal_settings_are_refused(key: str, value: str) -> None:
    """A value that Git, AWS or the file system would refuse later is refused with its reason."""
    error = refusal(_text(key, value, of_project=True))
    assert f"{key} = {toml_text.toml(value)} in [project] can't be used" in error.message
    assert error.why
    assert error.fix.startswith("For example:")


@pytest.mark.parametrize(("key", "value"), _cases(ENVIRONMENT_VALUES, legal=True))
def test_legal_environment_values_are_taken(key: str, value: str) -> None:
    """A value that AWS accepts is accepted."""
    attribute = {"name": "name_template", "endpoint_url": "endpoints"}.get(key, key)
    read = parse(_text(key, value, of_project=False)).environment("prod")
    converted = {"endpoint_url": {"*": value}, "backend": BACKENDS.get(value)}
    assert converted.get(key, value) == getattr(read, attribute)


SIGNED = """
    [project]
    name = "shop"
    signing = true
    allowed_signers = "release-signers"
    unsigned_history = ["5d41402abc4b2a76b9719d911017c592a1b2c3d4"]
    [environments.prod]
    region = "eu-west-1"
    signed = true
    """


def test_the_settings_of_signatures_are_read() -> None:
    """Who may sign, from where on, and where signatures are needed."""
    read = parse(textwrap.dedent(SIGNED))
    assert (read.signing, read.allowed_signers) == (True, "release-signers")
    assert read.unsigned_history == ("5d41402abc4b2a76b9719d911017c592a1b2c3d4",)
    assert (read.environment("prod").signed, read.environment("local").signed) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('allowed_signers = "release-signers"', "", "`allowed_signers` is missing in [project]"),
        ('"release-signers"', '"../signers"', "can't be used"),
        ('"release-signers"', '"/etc/signers"', "can't be used"),
        ("5d41402abc4b2a76b9719d911017c592a1b2c3d4", "5d41402", "can't be used"),
        ("signing = true", 'signing = "ssh"', "signing"),
        (
            'prod]\nregion = "eu-west-1"',
            "local]",
            "`signed` has no meaning in [environments.local]",
        ),
    ],
)
def test_settings_of_signatures_that_cannot_be_used_are_refused(
    old: str, new: str, words: str
) -> None:
    """The error names the key."""
    text = textwrap.dedent(SIGNED)
    assert old in text
    assert words in refusal(text.replace(old, new)).message


def test_the_keys_of_a_production_environment_are_read() -> None:
    """A production environment has deployers, policies, parameter sources and shifting."""
    text = """
        [project]
        name = "shop"
        [environments.staging]
        region = "eu-west-1"
        [environments.prod]
        region = "eu-west-1"
        account = "222222222222"
        assume_role = { role_arn = "arn:aws:iam::222222222222:role/deployer", external_id = "shop" }
        endpoint_url = { lambda = "http://127.0.0.1:5000" }
        requires = ["staging"]
        soak = "1h30m"
        branches = ["main", "release/*"]
        protect_drift = true
        pins = "required"
        parameters = { A = "a", B = { env = "BEE" }, C = { ssm = "/shop/c" } }
        strategy.type = "linear"
        strategy.percent = 40
        strategy.interval = "5m"
        strategy.alarms = ["a"]
        strategy.max_failures = 0
        strategy.max_failure_rate = "2x"
        """
    expected = Environment(
        name="prod",
        backend=AWS,
        region="eu-west-1",
        account="222222222222",
        assume_role=AssumedRole("arn:aws:iam::222222222222:role/deployer", "shop"),
        endpoints={"lambda": "http://127.0.0.1:5000"},
        requires=("staging",),
        soak=timedelta(hours=1, minutes=30),
        branches=("main", "release/*"),
        protect_drift=True,
        pins="required",
        strategy=Linear(40, timedelta(minutes=5), Limits(("a",), 0, 2.0)),
        parameters={"A": "a", "B": Variable("BEE"), "C": StoredParameter("/shop/c")},
    )
    read = parse(textwrap.dedent(text)).environment("prod")
    assert expected == read
    assert read.strategy is not None
    assert read.strategy.weights == (40, 80)
    assert timedelta(minutes=10) == read.strategy.duration


@pytest.mark.parametrize(("key", "value"), _cases(ENVIRONMENT_VALUES, legal=False))
def test_illegal_environment_values_are_refused(key: str, value: str) -> None:
    """A value that AWS would refuse later is refused with its reason."""
    error = refusal(_text(key, value, of_project=False))
    assert f"{key} = {toml_text.toml(value)} in [environments.prod] can't be used" in error.message
    assert error.why


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff"])
def test_an_empty_file_is_told_the_least_it_must_say(text: str) -> None:
    """The fix can be pasted into the file."""
    error = refusal(text)
    assert error.message == "releases.toml is empty."
    assert '[project]\n    name = "shop"' in error.fix


def test_the_nearest_known_key_is_named() -> None:
    """The fix for a misspelt key names the nearest known key."""
    assert refusal(environment('rol_arn = "x"')).fix == 'Did you mean "role_arn"?'


def test_without_a_near_key_the_known_ones_are_listed() -> None:
    """The fix for an unknown key lists the known keys."""
    assert "account, alias, assume_role" in refusal(environment("zzz = 1")).fix


def test_deep_nesting_is_an_error_and_no_traceback() -> None:
    """A deeply nested file is an ordinary error."""
    error = refusal("a = " + "[" * 100_000 + "]" * 100_000)
    assert error.message.startswith("releases.toml")


def test_an_unknown_environment_is_told_the_nearest() -> None:
    """The error for `--env stagin` suggests `staging`."""
    with pytest.raises(NotFoundError) as caught:
        parse(FULL).environment("stagin")
    assert caught.value.why == "It has: local, second, staging."
    assert caught.value.fix == 'Did you mean "staging"?'


def test_a_state_machine_is_named_by_the_template() -> None:
    """The template's text surrounds the workflow's name."""
    assert parse(FULL).environment("staging").state_machine_name("orders") == "orders-staging"


@pytest.mark.parametrize("workflow", ["a" * 73, "two words", "a/b", "a\u0085b", ""])
def test_a_name_that_aws_refuses_is_refused(workflow: str) -> None:
    """A name that is too long with its suffix, or that has an invalid character, is an error."""
    with pytest.raises(ConfigError, match="can't be the name of a state machine in prod"):
        Environment("prod", AWS, name_template="{workflow}-staging").state_machine_name(
            workflow or " "
        )


def test_the_file_is_found_from_a_folder_below(tmp_path: Path) -> None:
    """Commands work in any folder of the project."""
    (tmp_path / "releases.toml").touch()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert tmp_path / "releases.toml" == find_project(below)


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    """A file above the repository doesn't belong to the repository's project."""
    (tmp_path / "releases.toml").touch()
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    with pytest.raises(NotFoundError, match="sfn-release init"):
        find_project(repository)


def test_a_file_is_read_with_its_folder_as_root(tmp_path: Path) -> None:
    """The root is the folder of the file."""
    path = tmp_path / "releases.toml"
    path.write_text('[project]\nname = "shop"\n')
    assert tmp_path == read_project(path).root


def test_a_file_that_is_not_utf_8_or_not_there_is_a_config_error(tmp_path: Path) -> None:
    """A missing file and a file in another encoding are errors without a traceback."""
    path = tmp_path / "releases.toml"
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        read_project(path)
    path.write_bytes(b'[project]\nname = "\xff"')
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_project(path)


def test_this_repository_has_a_project_of_its_own() -> None:
    """This repository's releases.toml is read, and `local` has the parameters of its example."""
    project = read_project(ROOT / "releases.toml")
    assert project.name == "shop"
    assert {"ChargeFunction", "OrdersTable", "OrdersTopic"} == set(
        project.environment("local").parameters
    )
