"""Whether the tests notice when something in the checks of images is wrong: `make mutants`.

Each mutant is one of the modules below with one operator, number, word or statement in it changed (`breaking.py`). It
is killed if a test fails, or does not come to its end. Those that survive are listed with the reason why in
`explained.py`, or are a gap in the tests, and a failure of this command.

The tests are collected once, in this process; a process forked from it runs those that come past the changed line,
quickest first, until one fails. Why not mutmut: docs/decisions/0015-mutants-of-our-own.md.
"""

import argparse
import ast
import contextlib
import gc
import importlib.util
import json
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.breaking import Mutant, mutants
from tests.mutants.explained import EXPLAINED

WHY = {mutant: why for why, those in EXPLAINED.items() for mutant in those}

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "core" / "songshen"
BROKEN = [
    "domain/anatomy.py",
    "domain/image.py",
    "domain/jpeg.py",
    "domain/png.py",
    "domain/verdict.py",
    "adapters/measuring.py",
    "adapters/pillow.py",
]
TESTS = [
    f"tests/unit/test_{name}.py"
    for name in ("anatomy", "measuring", "image", "geometry", "verdicts", "warnings", "pillow", "corpus")
]
OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "--timeout=0", "-p", "no:xdist", "--no-summary"]
LAST = ROOT / ".local" / "mutants.jsonl"
PAGE = ROOT / "docs" / "mutants.md"
GOAL = 0.9
HANGS_AFTER = 60  # s of processor time, beyond which even the slowest test does not come to its end
MEMORY = 3 << 30

HEAD = """# Mutants of the image checks

Made by `make mutants WRITE=1`, which takes half an hour of one processor; `.venv/bin/python -m tests.mutants --again`
judges only those that have survived the last time and are not explained, or are new. Each mutant is one of the modules
with a single operator, number, word or statement changed, and is killed if one of the unit tests of the checks notices
([why with a runner of our own](decisions/0015-mutants-of-our-own.md)). Those that survive are listed below with the
reason why; one without a reason makes the command fail.
"""

KILLED, SURVIVED, IMPORTED = "killed", "survived", "by import"
_MONITOR = 3  # a free number for sys.monitoring


def in_a_child(act: Callable[[], bool], bounded: bool = True) -> bool:
    """What `act` says, run in a process forked from this one; False too if that process dies, or goes on for ever."""
    pid = os.fork()
    if pid == 0:
        ended = 1
        try:
            if bounded:
                resource.setrlimit(resource.RLIMIT_CPU, (HANGS_AFTER, HANGS_AFTER))
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            ended = 0 if act() else 1
        finally:
            os._exit(ended)
    _, status = os.waitpid(pid, 0)
    return status == 0


# --- what goes wrong when a function is called ---------------------------------------------------


class InFunctions:
    """A plugin of pytest that judges mutants instead of running the tests that were collected."""

    def __init__(self, wanted: list[Mutant], tell: Callable[[Mutant, str], None]) -> None:
        self.wanted, self.tell = wanted, tell
        self.took: dict[pytest.Item, float] = {}
        self.comes_past: dict[tuple[str, int], set[pytest.Item]] = defaultdict(set)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        live = functions()
        self.run_all(session.items, live)
        originals = {name: compiled(ast.parse((PACKAGE / name).read_text(encoding="utf-8")), name) for name in BROKEN}
        for mutant in self.wanted:
            lines = range(mutant.first, mutant.last + 1)
            tests = set[pytest.Item]().union(*(self.comes_past[mutant.file, line] for line in lines))
            inside = compiled(mutant.tree(), mutant.file)
            changed = list(differing(originals[mutant.file], inside))
            if not tests:  # decorators, and what tables are made by, run when the module is imported
                self.tell(mutant, IMPORTED)
                continue
            survives = in_a_child(lambda c=changed, t=tests: self.survives(c, t, live))  # type: ignore[misc]
            self.tell(mutant, SURVIVED if survives else KILLED)
        return True

    def run_all(self, items: list[pytest.Item], live: dict[CodeType, list[FunctionType]]) -> None:
        """Once as they are, to see which tests come past which line, and how long they take."""
        current: list[pytest.Item] = []
        events = sys.monitoring.events

        def start(code: CodeType, _: int) -> object:  # of what has one line only, no line is told
            return line(code, code.co_firstlineno)

        def line(code: CodeType, number: int) -> object:
            file = str(Path(code.co_filename).relative_to(PACKAGE))
            self.comes_past[file, number].add(current[0])
            return sys.monitoring.DISABLE

        sys.monitoring.use_tool_id(_MONITOR, "mutants")
        sys.monitoring.register_callback(_MONITOR, events.LINE, line)
        sys.monitoring.register_callback(_MONITOR, events.PY_START, start)
        for code in {inner for outer in live for inner in codes_in(outer)}:
            sys.monitoring.set_local_events(_MONITOR, code, events.LINE | events.PY_START)
        for item in items:
            current[:] = [item]
            sys.monitoring.restart_events()
            began = time.process_time()
            if not passes(item):
                pytest.exit(f"{item.nodeid} fails as it is", 2)
            self.took[item] = time.process_time() - began
        sys.monitoring.free_tool_id(_MONITOR)

    def survives(
        self,
        changed: list[tuple[CodeType, CodeType]],
        tests: set[pytest.Item],
        live: dict[CodeType, list[FunctionType]],
    ) -> bool:
        for was, became in changed:
            for function in live[was]:
                function.__code__ = became
        return all(passes(test) for test in sorted(tests, key=lambda test: (self.took[test], test.nodeid)))


def passes(item: pytest.Item) -> bool:
    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=None))


def functions() -> dict[CodeType, list[FunctionType]]:
    """The functions of the modules in question, by what they run."""
    files = {str(PACKAGE / name) for name in BROKEN}
    found: dict[CodeType, list[FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename in files:
            found[thing.__code__].append(thing)
    return found


def compiled(tree: ast.Module, name: str) -> CodeType:
    return compile(tree, str(PACKAGE / name), "exec")


def codes_in(code: CodeType) -> list[CodeType]:
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return [code, *(deeper for one in inner for deeper in codes_in(one))]


def differing(was: CodeType, became: CodeType, is_function: bool = False) -> Iterable[tuple[CodeType, CodeType]]:
    """The outermost functions that are not the same."""
    if was == became:
        return
    if is_function:
        yield was, became
        return
    pairs = zip(*([one for one in code.co_consts if isinstance(one, CodeType)] for code in (was, became)), strict=True)
    for one, other in pairs:
        optimised = bool(one.co_flags & 0x01)  # a function, not a class
        yield from differing(one, other, optimised and not one.co_name.startswith("<generic parameters"))


# --- what goes wrong when a module is imported ---------------------------------------------------


class Instead(MetaPathFinder):
    """Imports a mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = "songshen." + mutant.file.removesuffix(".py").replace("/", ".")

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        file, tree = str(PACKAGE / self.mutant.file), self.mutant.tree()

        class Loader(SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                return compile(tree, file, "exec")

        return importlib.util.spec_from_file_location(name, file, loader=Loader(name, file))


def survives_import(mutant: Mutant | None) -> bool:
    """In a process that has not imported anything of the project yet. Without a mutant: whether the tests pass."""
    if mutant:
        sys.meta_path.insert(0, Instead(mutant))
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        return pytest.main([*OPTIONS, *TESTS]) == 0


# --- what is said of it --------------------------------------------------------------------------


def main() -> int:
    """1 if too many survive, or one of which nobody has said why."""
    parser = argparse.ArgumentParser(description="Whether the tests notice what goes wrong in the checks of images.")
    parser.add_argument("--write", action="store_true", help="the result into docs/mutants.md")
    parser.add_argument("--again", action="store_true", help="only those that are new or survived unexplained")
    parser.add_argument("files", nargs="*", metavar="file", help=f"of {', '.join(BROKEN)}; all if none is named")
    given = parser.parse_args()
    LAST.parent.mkdir(exist_ok=True)
    LAST.touch()
    fates = known()
    every = [mutant for name in BROKEN for mutant in mutants((PACKAGE / name).read_text(encoding="utf-8"), name)]
    wanted = [mutant for mutant in every if not given.files or mutant.file in given.files]
    if given.again:
        done = {name for name, fate in fates.items() if fate == KILLED or name in WHY}
        wanted = [mutant for mutant in wanted if str(mutant) not in done]

    def tell(mutant: Mutant, fate: str) -> None:
        with LAST.open("a", encoding="utf-8") as file:  # what is known stays known if this is broken off
            file.write(json.dumps([str(mutant), fate]) + "\n")
        if fate == SURVIVED and str(mutant) not in WHY:
            print(f"line {mutant.first}  {mutant}", flush=True)

    for module in ("PIL.Image", "numpy", "hypothesis", "yaml", "msgspec", "boto3"):  # once for all children
        importlib.import_module(module)
    called = [one for one in wanted if one.in_function]
    if called:  # in a process of its own, so that this one has not imported what mutants are put in place of
        in_a_child(lambda: not pytest.main([*OPTIONS, *TESTS], plugins=[InFunctions(called, tell)]), bounded=False)
    if not in_a_child(lambda: survives_import(None)):
        sys.exit("The tests fail as they are.")
    fates = known()
    for mutant in (one for one in wanted if not one.in_function or fates[str(one)] == IMPORTED):
        tell(mutant, SURVIVED if in_a_child(lambda m=mutant: survives_import(m)) else KILLED)  # type: ignore[misc]
    return reported(every, known(), write=given.write)


def known() -> dict[str, str]:
    """What became of each mutant the last time that it was judged."""
    return dict(json.loads(line) for line in LAST.read_text(encoding="utf-8").splitlines())


def reported(every: list[Mutant], fates: dict[str, str], write: bool) -> int:
    """Prints the figures of all that have been judged; 1 if they are not as they should be."""
    judged = [mutant for mutant in every if str(mutant) in fates]
    lines = ["| module | mutants | killed | |", "|---|--:|--:|--:|"]
    share = 0.0
    for name in (*BROKEN, "all"):
        those = [mutant for mutant in judged if name in (mutant.file, "all")]
        killed = sum(fates[str(mutant)] == KILLED for mutant in those)
        share = killed / max(1, len(those))
        lines.append(f"| {name} | {len(those):,} | {killed:,} | {100 * share:.1f} % |")
    left = [str(mutant) for mutant in judged if fates[str(mutant)] == SURVIVED]
    unexplained = [name for name in left if name not in WHY]
    print("\n".join(lines))
    print(
        f"\n{len(left)} survive, {len(unexplained)} of them unexplained; {len(every) - len(judged)} are not judged yet."
    )
    outdated = set(WHY) - set(left)
    for name in sorted(outdated & {str(mutant) for mutant in judged}):
        print(f"explained, but killed: {name}")
    if write:
        waiting = len(every) - len(judged)
        PAGE.write_text(page(lines, left, waiting), encoding="utf-8")
    return int(bool(unexplained) or share < GOAL)


def page(table: list[str], left: list[str], waiting: int) -> str:
    """docs/mutants.md."""
    parts = [HEAD, "\n".join(table)]
    if waiting:
        parts.append(f"\n{waiting} are not in the table: they have not been judged yet.")
    parts.append("\n## Those that survive\n")
    for why, those in EXPLAINED.items():
        shown = [f"- `{name}`" for name in those if name in left]
        if shown:
            parts.append("\n".join([f"**{why}**\n", *shown, ""]))
    unexplained = [f"- `{name}`" for name in left if name not in WHY]
    if unexplained:
        parts.append("\n".join(["**Nobody has said why yet**\n", *unexplained, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
