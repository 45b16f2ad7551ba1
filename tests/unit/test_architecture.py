"""The shape of the code: dependencies point inward, one folder per verb, generated files as generated."""

import ast
import json
import sys
from pathlib import Path

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
    "contract": {"domain", "contract"},
    "presentation": {"domain", "contract", "keys", "ports", "presentation"},
    "results": {"domain", "ports", "presentation"},
    "http": {"domain", "contract", "logs"},
    "usecases": {"domain", "contract", "keys", "logs", "passwords", "ports", "presentation", "results", "usecases"},
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


def packages(path: Path) -> set[str]:
    """The top-level packages that a file imports, without those of the standard library."""
    return {name.partition(".")[0] for name in imports_of(path)} - sys.stdlib_module_names


def parts(path: Path) -> set[str]:
    """The parts of songshen that a file imports."""
    return {name.split(".")[1] for name in imports_of(path) if name.split(".")[0] == "songshen"}


def part_of(path: Path) -> str:
    """The part of songshen that a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 25
    assert len(FUNCTIONS) >= 9
    assert {"songshen.domain.exam.Exam", "datetime.datetime"} <= imports_of(PACKAGE / "ports.py")
    assert parts(PACKAGE / "usecases" / "review.py") == {"contract", "presentation", "domain", "ports", "usecases"}


def test_dependencies_point_inward() -> None:
    outward = {name_of(path): parts(path) - ALLOWED[part_of(path)] for path in MODULES}
    assert {name: found for name, found in outward.items() if found} == {}


def test_the_domain_is_the_standard_library_and_itself() -> None:
    foreign = {name_of(path): packages(path) - {"songshen"} for path in MODULES if part_of(path) == "domain"}
    assert len(foreign) > 5
    assert {name: found for name, found in foreign.items() if found} == {}


def test_aws_is_known_to_adapters_and_bootstrap_only() -> None:
    assert {part_of(path) for path in MODULES if packages(path) & AWS} == {"adapters", "bootstrap"}


def test_pillow_is_known_to_its_adapters_only() -> None:
    assert {path.name for path in MODULES if "PIL" in packages(path)} == {"copying.py", "measuring.py", "pillow.py"}


def test_argon2_is_known_to_the_passwords_only() -> None:
    assert {path.name for path in MODULES if "argon2" in packages(path)} == {"passwords.py"}


def test_product_code_needs_what_the_layers_hold_and_no_scripts_or_tests() -> None:
    layers = {"songshen", "botocore", "msgspec", "PIL", "argon2"}
    used = set().union(*(packages(path) for path in MODULES + FUNCTIONS))
    assert {name for name in used if not name.startswith("types_boto3_")} == layers


def test_type_stubs_are_imported_for_type_checking_only() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        stubs = {
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("types_boto3_")
        }
        assert stubs <= guarded, path


def test_the_table_of_routes_is_loaded_by_no_function() -> None:
    whole = {"songshen.contract.routes", "songshen.contract.problems"}
    for path in MODULES + FUNCTIONS:
        names = imports_of(path)
        assert not (names | {name.rpartition(".")[0] for name in names}) & whole, path


def test_a_handler_only_parses_calls_and_maps() -> None:
    for path in FUNCTIONS:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, path
        assert packages(path) == {"songshen"}, path
        assert parts(path) <= {"bootstrap", "contract", "domain", "http", "logs", "ports"}, path


def test_folder_verb_use_case_and_builder_have_one_name() -> None:
    tree = ast.parse((PACKAGE / "bootstrap.py").read_text(encoding="utf-8"))
    builders = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    verbs = {path.parent.name for path in FUNCTIONS}
    settings = {"edge_secret"}  # what a handler needs for parsing
    assert {name for name in builders if not name.startswith("_")} == verbs | settings
    for path in FUNCTIONS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        values = {ast.unparse(node.value) for node in tree.body if isinstance(node, ast.Assign)}
        assert f"bootstrap.{path.parent.name}()" in values, path


def test_every_use_case_module_is_some_functions() -> None:
    verbs = {path.parent.name for path in FUNCTIONS}
    shared = {"__init__", "retrying", "checking", "telling", "finding"}
    assert {path.stem for path in (PACKAGE / "usecases").glob("*.py")} - shared == verbs


def test_bootstrap_builds_the_clients_and_nobody_else() -> None:
    assert [path.name for path in MODULES if "create_client(" in path.read_text(encoding="utf-8")] == ["bootstrap.py"]
    knows = {name_of(path) for path in MODULES + FUNCTIONS if "adapters" in parts(path)}
    assert {name for name in knows if "/adapters/" not in name} == {"layers/core/songshen/bootstrap.py"}


def test_the_committed_documents_are_what_the_code_says() -> None:
    made = openapi.texts()
    assert {path.name for path in made} == {"openapi.json", "exam.schema.json"}
    for path, text in made.items():
        committed = path.read_text(encoding="utf-8")
        assert json.loads(committed) == json.loads(text)
        assert committed == text
