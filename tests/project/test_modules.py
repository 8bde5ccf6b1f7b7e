"""The workflows that a folder declares, and the errors for invalid ones."""

import json
import sys
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import pytest

from sfn_release.canonical import digest
from sfn_release.errors import BuildError, DefinitionError, NotFoundError
from sfn_release.project.modules import Build, build

MACHINE = """
import sfn_release as sfn
workflow = sfn.Workflow()
workflow.start_from(sfn.Pass(id="Only", result="{0}")).end()
machine = sfn.StateMachine(name="{0}", workflow=workflow)
"""
BOMB = "a: &a [x]\n" + "".join(f"{n}: &{n} [{f'*{p}, ' * 9}]\n" for p, n in pairwise("abcdefghij"))
DOCUMENT = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


def lay(root: Path, **files: str) -> Path:
    """Write modules below *root*/workflows; "__" inside a name is "/"."""
    for name, text in files.items():
        path = root / "workflows" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def names(built: Build) -> list[tuple[str, str]]:
    return [(declaration.name, declaration.source) for declaration in built.declarations]


def test_declarations_are_sorted_by_name_and_digested(tmp_path: Path) -> None:
    """The release digest covers the names and digests of workflows, and not the file names."""
    lay(tmp_path, a=MACHINE.format("second"), b=MACHINE.format("first"))
    built = build(tmp_path, "workflows")
    assert names(built) == [("first", "workflows/b.py"), ("second", "workflows/a.py")]
    assert (
        digest({declaration.name: declaration.digest for declaration in built.declarations})
        == built.digest
    )


def test_a_declaration_carries_everything_of_its_state_machine(tmp_path: Path) -> None:
    """A declaration has the type, role, settings, tags and the module's version."""
    text = MACHINE.format("hello") + (
        "machine.set_type_as_express()\nmachine.role_arn = '${Role}'\nmachine.tracing = True\n"
        "machine.tags = {'team': 'x'}\n__version__ = '1.2.0'\n"
    )
    (one,) = build(lay(tmp_path, hello=text), "workflows").declarations
    assert one.type == "EXPRESS"
    assert one.role == "${Role}"
    assert one.tracing == {"enabled": True}
    assert one.tags == {"team": "x"}
    assert one.module_version == "1.2.0"
    assert one.definition == {
        "StartAt": "Only",
        "States": {"Only": {"Type": "Pass", "Result": "hello", "End": True}},
    }


def test_a_bare_workflow_is_named_after_its_module(tmp_path: Path) -> None:
    """A workflow needs no StateMachine, and workflows inside it don't count."""
    text = (
        "import sfn_release as sfn\n"
        "branch = sfn.Workflow()\nbranch.start_from(sfn.Pass(id='Inner')).end()\n"
        "whole = sfn.Workflow()\n"
        "whole.start_from(sfn.Parallel(id='Both', branches=[branch])).end()\n"
    )
    built = build(lay(tmp_path, nightly=text), "workflows")
    assert names(built) == [("nightly", "workflows/nightly.py")]
    assert built.declarations[0].definition["StartAt"] == "Both"


def test_two_bare_workflows_need_names(tmp_path: Path) -> None:
    """Two workflows without names in one module are ambiguous."""
    text = "import sfn_release as sfn\n" + "".join(
        f"{name} = sfn.Workflow()\n{name}.start_from(sfn.Pass(id='A')).end()\n" for name in "ab"
    )
    with pytest.raises(DefinitionError, match=r"x.py contains 2 workflows without names: a, b"):
        build(lay(tmp_path, x=text), "workflows")


def test_one_module_may_hold_several_state_machines(tmp_path: Path) -> None:
    """Each state machine counts once, even when two variables hold it."""
    text = (
        MACHINE.format("one")
        + "again = machine\ntwo = sfn.StateMachine(name='two', workflow=workflow)\n"
    )
    built = build(lay(tmp_path, both=text), "workflows")
    assert names(built) == [("one", "workflows/both.py"), ("two", "workflows/both.py")]


def test_an_imported_state_machine_belongs_to_the_module_that_makes_it(tmp_path: Path) -> None:
    """It counts once, in its own file, however it is imported and whichever file is read first."""
    importing = "from workflows.z import machine as one\nimport z\nassert z.machine is one\n"
    lay(tmp_path, a=importing + MACHINE.format("a"), z=MACHINE.format("z"))
    built = build(tmp_path, "workflows")
    assert names(built) == [("a", "workflows/a.py"), ("z", "workflows/z.py")]


@pytest.mark.parametrize(
    "line",
    ["from workflows._common import NAME", "from _common import NAME", "from ._common import NAME"],
)
def test_helpers_are_importable_from_siblings(tmp_path: Path, line: str) -> None:
    """A module whose name begins with _ holds no workflow, and is imported in every usual way."""
    text = f"{line}\nimport sys\nassert __name__ == 'workflows.a'\n" + MACHINE.format("a")
    lay(tmp_path, _common="NAME = 1\n", a=text)
    assert names(build(tmp_path, "workflows")) == [("a", "workflows/a.py")]


def test_a_helper_is_one_module_under_all_its_names(tmp_path: Path) -> None:
    """A helper keeps its state, whichever name imports it."""
    one = "import _common\n_common.SEEN.append(1)\n" + MACHINE.format("a")
    two = "from workflows import _common\nassert _common.SEEN == [1]\n" + MACHINE.format("b")
    lay(tmp_path, _common="SEEN = []\n", a=one, b=two)
    assert len(build(tmp_path, "workflows").declarations) == 2


def test_subfolders_hold_workflows_too(tmp_path: Path) -> None:
    """Folders group modules; folders that begin with _ or . are skipped."""
    lay(tmp_path, billing__invoice=MACHINE.format("invoice"), a=MACHINE.format("a"))
    put(tmp_path, "workflows/_old/gone.py", "raise ValueError")
    put(tmp_path, "workflows/.hidden/gone.py", "raise ValueError")
    built = build(tmp_path, "workflows")
    assert names(built) == [("a", "workflows/a.py"), ("invoice", "workflows/billing/invoice.py")]


@pytest.mark.parametrize("folder", ["flows", "src/flows", "deep/er/flows", "step-functions"])
def test_the_folder_may_be_anywhere(tmp_path: Path, folder: str) -> None:
    """A folder in ``src`` is imported from there, and its name may be an invalid identifier."""
    put(tmp_path, f"{folder}/a.py", "from ._b import B\n" + MACHINE.format("a"))
    put(tmp_path, f"{folder}/_b.py", "B = 1\n")
    assert [("a", f"{folder}/a.py")] == names(build(tmp_path, folder))


def test_a_package_with_init_is_imported_as_one(tmp_path: Path) -> None:
    """``__init__.py`` runs first."""
    lay(tmp_path, a="import workflows\nassert workflows.X\n" + MACHINE.format("a"))
    put(tmp_path, "workflows/__init__.py", "X = True\n")
    assert names(build(tmp_path, "workflows")) == [("a", "workflows/a.py")]


def test_code_of_the_project_is_importable(tmp_path: Path) -> None:
    """Code is importable from the project's root and its src."""
    put(tmp_path, "top.py", "")
    put(tmp_path, "src/shop/__init__.py", "")
    lay(tmp_path, a="import top, shop\n" + MACHINE.format("a"))
    assert len(build(tmp_path, "workflows").declarations) == 1


def test_definition_files_are_workflows(tmp_path: Path) -> None:
    """JSON and YAML files are workflows, and a date in YAML stays text."""
    put(tmp_path, "workflows/plain.asl.json", json.dumps(DOCUMENT))
    put(
        tmp_path,
        "workflows/timed.asl.yaml",
        "StartAt: W\nStates:\n  W: {Type: Wait, Timestamp: 2030-01-01T00:00:00Z, End: true}\n",
    )
    put(tmp_path, "workflows/_helper.asl.json", "broken")
    put(tmp_path, "workflows/plain.mocks.json", "{}")
    built = build(tmp_path, "workflows")
    assert names(built) == [
        ("plain", "workflows/plain.asl.json"),
        ("timed", "workflows/timed.asl.yaml"),
    ]
    assert built.declarations[0].definition == DOCUMENT
    wait = built.declarations[1].definition["States"]["W"]
    assert wait["Timestamp"] == "2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("a.asl.json", "{", "workflows/a.asl.json: Invalid JSON"),
        ("a.asl.json", '{"StartAt": 1, "StartAt": 2}', "appears twice"),
        ("a.asl.json", "[]", "is not a definition"),
        ("a.asl.json", "{}", "'a' in workflows/a.asl.json has"),
        ("a.asl.yaml", "a: [", "a.asl.yaml: Invalid YAML"),
        ("a.asl.yaml", "a: 1\na: 2\n", "the key 'a' appears twice"),
        ("a.asl.yaml", "!!python/object:os.system {}", "Invalid YAML"),
        ("a.asl.yaml", "StartAt: A\nStates: {on: 1}", "the key True of the object in line 2"),
        ("a.asl.yaml", "StartAt: A\nStates: &a {A: *a}", "its aliases make it endless"),
        ("a.asl.yaml", BOMB, "its aliases make it endless, or larger than"),
        ("a b.asl.json", json.dumps(DOCUMENT), "'a b' can't be the name of a workflow"),
    ],
)
def test_a_bad_definition_file_is_refused_by_name(
    tmp_path: Path, file: str, text: str, words: str
) -> None:
    """The error names the file."""
    put(tmp_path, f"workflows/{file}", text)
    with pytest.raises(DefinitionError) as caught:
        build(tmp_path, "workflows")
    assert words in caught.value.message


def test_yaml_without_its_extra_is_told_how_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyYAML is an extra, and the error says how to install it."""
    put(tmp_path, "workflows/a.asl.yaml", "StartAt: A")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(BuildError) as caught:
        build(tmp_path, "workflows")
    assert caught.value.fix == "pip install 'sfn-release[yaml]'"


def test_objects_of_other_libraries_count_when_they_give_a_definition(tmp_path: Path) -> None:
    """An object with ``to_dict`` or ``to_json`` counts, under its ``name`` or the module's."""
    text = f"""
import json
class Named:
    name = "graph"
    def to_dict(self): return {DOCUMENT!r}
class Plain:
    def to_json(self): return json.dumps({DOCUMENT!r})
class Settings:
    def to_dict(self): return {{"StartAt": "A"}}
class Broken:
    def to_dict(self): raise OSError
one, two, three, four = Named(), Plain(), Settings(), Broken()
"""
    built = build(lay(tmp_path, foreign=text), "workflows")
    assert names(built) == [("foreign", "workflows/foreign.py"), ("graph", "workflows/foreign.py")]


def test_two_workflows_with_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    """Each place is a file and a variable."""
    lay(tmp_path, a=MACHINE.format("same"), b=MACHINE.format("same"))
    with pytest.raises(DefinitionError, match="Two workflows are named 'same'") as caught:
        build(tmp_path, "workflows")
    assert (
        caught.value.why == "One is workflows/a.py (machine), the other workflows/b.py (machine)."
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("name = 5", "5 can't be the name of a workflow"),
        ("type = 'express'", "'express' can't be its type. The type is STANDARD or EXPRESS"),
        ("role_arn = 5", "5 can't be its role"),
        ("tags = {'team': 1}", "the tag 'team' is 1, not a string"),
        ("tags = {'team': 'a%b'}", "'a%b' can't be in a tag"),
        ("tags = {'sfn-release:project': 'x'}", "reserved for sfn-release"),
        ("tags = {str(n): '' for n in range(46)}", "it has 46 tags, but AWS leaves room for 45"),
        ("workflow = {}", "is not an sfn.Workflow"),
    ],
)
def test_settings_that_aws_refuses_are_refused(tmp_path: Path, setting: str, words: str) -> None:
    """Settings that AWS refuses are refused before the version is released."""
    lay(tmp_path, a=MACHINE.format("a") + f"machine.{setting}\n")
    with pytest.raises(DefinitionError) as caught:
        build(tmp_path, "workflows")
    assert caught.value.message.startswith("workflows/a.py")
    assert words in caught.value.message


def test_a_tag_may_hold_a_parameter(tmp_path: Path) -> None:
    """A tag may hold the characters of a parameter, which an environment fills."""
    lay(tmp_path, a=MACHINE.format("a") + "machine.tags = {'team': '${Team}'}\n")
    (one,) = build(tmp_path, "workflows").declarations
    assert one.tags == {"team": "${Team}"}


@pytest.mark.parametrize("name", ["two words", "a" * 81, "", "a/b"])
def test_a_name_that_aws_refuses_is_refused(tmp_path: Path, name: str) -> None:
    """The error names the file."""
    lay(tmp_path, a=MACHINE.format(name))
    with pytest.raises(DefinitionError, match=r"workflows/a.py \(machine\): .* can't be the name"):
        build(tmp_path, "workflows")


def test_a_definition_over_a_mebibyte_is_refused(tmp_path: Path) -> None:
    """The error has the definition's size and AWS's limit."""
    put(tmp_path, "workflows/a.asl.json", json.dumps({**DOCUMENT, "Comment": "x" * 2**20}))
    with pytest.raises(
        DefinitionError, match=r"'a' in [^ ]+ has an error[^$]*\$: .* 1,048,6\d\d bytes"
    ):
        build(tmp_path, "workflows")


def test_what_json_cannot_carry_is_refused_with_its_path(tmp_path: Path) -> None:
    """A Python object, or a number that other programs would round, is refused."""
    text = f"""
class Graph:
    def to_dict(self): return {DOCUMENT!r} | {{"Comment": EXTRA}}
graph = Graph()
"""
    lay(tmp_path, a="EXTRA = {1, 2}\n" + text)
    with pytest.raises(DefinitionError, match="can't be written as JSON") as caught:
        build(tmp_path, "workflows")
    assert caught.value.why == "$.definition.Comment: set is not a JSON type."
    lay(tmp_path, a="EXTRA = 2**60\n" + text)
    with pytest.raises(DefinitionError, match=r"\$.Comment: \d+ is beyond 2\^53"):
        build(tmp_path, "workflows")


def test_an_error_of_the_definition_names_the_module(tmp_path: Path) -> None:
    """The error is a DefinitionError without a traceback."""
    text = (
        "import sfn_release as sfn\nw = sfn.Workflow()\n"
        "w.start_from(sfn.Pass(id='A', next='Nowhere'))\n"
        "m = sfn.StateMachine(name='m', workflow=w)\n"
    )
    with pytest.raises(DefinitionError) as caught:
        build(lay(tmp_path, a=text), "workflows")
    expected = "The workflow 'm' in workflows/a.py (m) has an error in its definition."
    assert expected == caught.value.message
    assert "Nowhere" in caught.value.why
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ("sfn.Pass('A') >> sfn.Succeed('A')", 'Two states of one workflow are called "A".'),
        ("sfn.Pass(3)", "The id of a Pass is 3, not a string."),
    ],
)
def test_what_no_definition_shows_is_refused_too(tmp_path: Path, states: str, words: str) -> None:
    """Errors in the objects that aren't in the definition are reported as well."""
    text = f"import sfn_release as sfn\nw = sfn.Workflow.of({states})\n"
    with pytest.raises(DefinitionError) as caught:
        build(lay(tmp_path, a=text), "workflows")
    assert words in caught.value.why


def test_a_module_that_serializes_gets_its_error_there(tmp_path: Path) -> None:
    """The error names the module's line that serializes."""
    text = (
        "import sfn_release as sfn\nw = sfn.Workflow()\n"
        "w.start_from(sfn.Pass(id='A', next='Nowhere'))\nw.serialize()\n"
    )
    with pytest.raises(BuildError, match=r"workflows/a.py:4 raised DefinitionError"):
        build(lay(tmp_path, a=text), "workflows")


def test_a_task_whose_resource_is_no_arn_is_refused(tmp_path: Path) -> None:
    """AWS refuses such a resource, and no environment can fill it."""
    task = {"Type": "Task", "Resource": "__tbd__", "End": True}
    put(tmp_path, "workflows/a.asl.json", json.dumps({"StartAt": "A", "States": {"A": task}}))
    with pytest.raises(DefinitionError, match='"__tbd__" is not a valid resource ARN'):
        build(tmp_path, "workflows")


def test_a_module_without_a_workflow_is_refused(tmp_path: Path) -> None:
    """The fix is to rename it as a helper."""
    with pytest.raises(BuildError, match=r"workflows/a.py contains no workflow") as caught:
        build(lay(tmp_path, a="x = 1\n"), "workflows")
    assert caught.value.fix == "If it is a helper, rename it to _a.py."


def test_a_folder_without_workflows_or_no_folder_is_refused(tmp_path: Path) -> None:
    """Both errors say how to fix it."""
    with pytest.raises(NotFoundError, match="no folder 'workflows'"):
        build(tmp_path, "workflows")
    lay(tmp_path, _helper="")
    with pytest.raises(BuildError, match="contains no workflow") as caught:
        build(tmp_path, "workflows")
    assert "sfn-release init" in caught.value.fix


@pytest.mark.parametrize(
    ("path", "words"),
    [("workflows/a.v2.py", "contains a dot"), ("json/a.py", "a module of Python itself")],
)
def test_a_file_that_cannot_be_imported_by_its_name_is_refused(
    tmp_path: Path, path: str, words: str
) -> None:
    """The file is refused before any module runs."""
    put(tmp_path, path, MACHINE.format("a"))
    with pytest.raises(BuildError, match=words):
        build(tmp_path, path.partition("/")[0])


def test_the_toolchain_names_what_the_modules_imported(tmp_path: Path) -> None:
    """The toolchain lists imported distributions with versions, without the standard library."""
    import sfn_release

    lay(tmp_path, a="import click, git, json, sqlite3\n" + MACHINE.format("a"))
    toolchain = build(tmp_path, "workflows").toolchain
    assert toolchain.python == sys.version.split()[0]
    assert toolchain.sfn_release == sfn_release.__version__
    assert toolchain.distributions["click"] == metadata.version("click")
    assert toolchain.distributions["GitPython"] == metadata.version("GitPython")  # as installed
    assert "pytest" not in toolchain.distributions


def test_a_hundred_modules_build_in_one_process(tmp_path: Path) -> None:
    """One interpreter builds all modules, so that each sees the state of the others."""
    shared = "import sys\nsys.seen = [*getattr(sys, 'seen', ()), __name__]\n"
    last = "import sys\nassert len(sys.seen) == 99\n"
    modules = {f"m{number:02}": shared + MACHINE.format(f"m{number:02}") for number in range(99)}
    built = build(lay(tmp_path, **modules, z=last + MACHINE.format("z")), "workflows")
    assert len(built.declarations) == 100
