"""The shape of the code: dependencies point inward, one folder per verb, generated files as generated."""

import ast
import json
import sys
from pathlib import Path

import pytest

from scripts import openapi

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "core" / "songshen"
FUNCTIONS = sorted((ROOT / "functions").glob("*/app.py"))
MODULES = sorted(PACKAGE.rglob("*.py"))
AWS = {"boto3", "botocore"}

# What each part may import of songshen. What is not listed here is a mistake, or a decision to be taken.
ALLOWED = {
    "domain": {"domain"},
    "keys": set(),
    "logs": set(),
    "passwords": set(),
    "settings": set(),
    "__init__": set(),
    "ports": {"domain"},
    "contract": {"domain"},
    "presentation": {"domain", "contract", "keys", "ports"},
    "http": {"domain", "contract", "logs"},
    "usecases": {"domain", "contract", "keys", "logs", "passwords", "ports", "presentation", "usecases"},
    "adapters": {"domain", "ports", "adapters"},
    "bootstrap": {"settings", "adapters", "usecases"},
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> set[str]:
    """The full names of the modules that a file imports, wherever in it. `from a import b` may be of a or of a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tops(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {name.partition(".")[0] for name in imports_of(path)}


def parts(path: Path) -> set[str]:
    """The parts of songshen that a file imports."""
    return {name.split(".")[1] for name in imports_of(path) if name.split(".")[0] == "songshen"}


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 25
    assert len(FUNCTIONS) >= 9
    assert {"songshen.domain.exam.Exam", "datetime.datetime"} <= imports_of(PACKAGE / "ports.py")
    assert parts(PACKAGE / "usecases" / "review.py") == {"contract", "presentation", "domain", "ports", "usecases"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_dependencies_point_inward(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert parts(path) <= ALLOWED[part]


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=name_of)
def test_the_domain_is_the_standard_library_and_itself(path: Path) -> None:
    assert tops(path) - sys.stdlib_module_names <= {"songshen"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_aws_is_known_to_adapters_and_bootstrap_only(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0]
    if part not in {"adapters", "bootstrap.py"}:
        assert not tops(path) & AWS


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pillow_is_known_to_its_adapter_only(path: Path) -> None:
    assert ("PIL" in tops(path)) == (path.name == "pillow.py")


@pytest.mark.parametrize("path", MODULES + FUNCTIONS, ids=name_of)
def test_product_code_needs_no_scripts_and_no_tests(path: Path) -> None:
    layers = {"songshen", "boto3", "botocore", "msgspec", "PIL"}
    types_only = {name for name in tops(path) if name.startswith("types_boto3_")}
    assert tops(path) - sys.stdlib_module_names - types_only <= layers


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_type_stubs_are_imported_for_type_checking_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("types_boto3_"):
            assert node in guarded


@pytest.mark.parametrize("path", FUNCTIONS, ids=name_of)
def test_a_handler_only_parses_calls_and_maps(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
    assert tops(path) - sys.stdlib_module_names == {"songshen"}
    assert parts(path) <= {"bootstrap", "contract", "domain", "http", "logs", "ports"}


@pytest.mark.parametrize("path", FUNCTIONS, ids=name_of)
def test_folder_verb_use_case_and_builder_have_one_name(path: Path) -> None:
    verb = path.parent.name
    assert (PACKAGE / "usecases" / f"{verb}.py").is_file()
    builders = {
        node.name
        for node in ast.parse((PACKAGE / "bootstrap.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert verb in builders
    calls = {
        ast.unparse(node.value)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
    }
    assert f"bootstrap.{verb}()" in calls


def test_every_use_case_module_is_some_functions() -> None:
    verbs = {path.parent.name for path in FUNCTIONS}
    shared = {"__init__", "retrying"}
    assert {path.stem for path in (PACKAGE / "usecases").glob("*.py")} - shared == verbs


def test_bootstrap_builds_the_clients_and_nobody_else() -> None:
    for path in MODULES:
        builds = "boto3.client(" in path.read_text(encoding="utf-8")
        assert builds == (path.name == "bootstrap.py"), path
    for path in MODULES + FUNCTIONS:
        if path.parent.name != "adapters" and path.name != "bootstrap.py":
            assert "adapters" not in parts(path), path


def test_the_committed_openapi_document_is_what_the_code_says() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert json.loads(committed) == json.loads(json.dumps(openapi.document()))
    assert committed == json.dumps(openapi.document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
