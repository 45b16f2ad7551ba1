"""Makes mutants of a module: each is its syntax tree with one thing in it made wrong."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Div,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
# Types and assertions are for mypy.
_LEFT_ALONE = (ast.Import, ast.ImportFrom, ast.Assert, ast.TypeAlias, ast.JoinedStr)
_TYPES = {"annotation", "returns", "type_params", "type_comment"}

type Path = tuple[tuple[str, int | None], ...]
"""To a part of a syntax tree: names of fields, and the place in those that are lists."""


@dataclass(frozen=True)
class Mutant:
    """`text` is the line that is changed, `was` and `became` the part of it that is."""

    file: str
    first: int
    last: int
    """Lines of the statement, of a compound one without its body."""
    text: str
    was: str
    became: str
    nth: int
    """Of those in this file of which all this is the same, from 0."""
    in_function: bool
    """Or it is made wrong when the module is imported."""
    _tree: ast.Module
    _path: Path
    _part: ast.AST

    def __str__(self) -> str:
        """Without line numbers, so that it stays the same while other things change."""
        again = f" ({self.nth + 1})" if self.nth else ""
        return f"{self.file}: {self.text} | {self.was} → {self.became}{again}"

    def tree(self) -> ast.Module:
        """The module's syntax tree with the change in it."""
        tree = copy.deepcopy(self._tree)
        parent: ast.AST = tree
        for field, at in self._path[:-1]:
            parent = getattr(parent, field) if at is None else getattr(parent, field)[at]
        field, at = self._path[-1]
        if at is None:
            setattr(parent, field, self._part)
        else:
            getattr(parent, field)[at] = self._part
        return ast.fix_missing_locations(tree)


def mutants(source: str, file: str) -> Iterator[Mutant]:
    """All of a module, in its order."""
    tree = ast.parse(source)
    lines = [line.strip() for line in source.splitlines()]
    seen = Counter[tuple[str, ...]]()
    for place, part, changed in _walk(tree, _Place()):
        was, became = (" ".join(ast.unparse(one).split()) for one in (part, changed))
        at = getattr(part, "lineno", place.lines[0])
        key = (lines[at - 1], was, became)
        yield Mutant(file, *place.lines, *key, seen[key], place.in_function, tree, place.path, changed)
        seen[key] += 1


@dataclass(frozen=True)
class _Place:
    path: Path = ()
    in_function: bool = False
    lines: tuple[int, int] = (0, 0)


def _walk(node: ast.AST, place: _Place) -> Iterator[tuple[_Place, ast.AST, ast.AST]]:
    """Where something can be changed, what is there, and what it can become."""
    if isinstance(node, _LEFT_ALONE):
        return
    if isinstance(node, ast.stmt):
        body = getattr(node, "body", None)
        last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
        place = replace(place, lines=(node.lineno, last))
    if place.path:
        for changed in _changed(node, place.in_function):
            yield place, node, changed
    for field, value in ast.iter_fields(node):
        if field in _TYPES or (field == "decorator_list" and isinstance(node, ast.ClassDef)):
            continue
        within = place
        if field == "body" and isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            within = replace(place, in_function=place.in_function or not isinstance(node, ast.ClassDef))
        for at, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST):
                yield from _walk(child, replace(within, path=(*place.path, (field, at))))


def _changed(node: ast.AST, in_function: bool) -> Iterator[ast.AST]:
    """What a node can become."""
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                ops = [*node.ops[:at], _COMPARISONS[type(operator)](), *node.ops[at + 1 :]]
                yield _with(node, ops=ops)
        case ast.BinOp() if type(node.op) in _OPERATIONS:
            yield _with(node, op=_OPERATIONS[type(node.op)]())
        case ast.AugAssign() if type(node.op) in _OPERATIONS:
            yield _with(node, op=_OPERATIONS[type(node.op)]())
            yield _placed(ast.Assign([node.target], node.value), node)
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield _with(node, body=node.orelse, orelse=node.body)
        case ast.Constant(value=bool()):
            yield _with(node, value=not node.value)
        case ast.Constant(value=int() | float() as number):
            yield _with(node, value=number + 1)
        case ast.Constant(value=str() as text) if text.isascii() and " " not in text:  # a word, not a sentence
            yield _with(node, value=f"XX{text}XX")
        case ast.Constant(value=bytes() as data):
            yield _with(node, value=b"XX" + data)
        case ast.Return(value=ast.expr()) if not _is_none(node.value):
            yield _with(node, value=ast.Constant(None))
        case ast.Assign() if in_function and not _is_none(node.value):
            yield _with(node, value=ast.Constant(None))
        case ast.Break():
            yield _placed(ast.Continue(), node)
        case ast.Continue():
            yield _placed(ast.Break(), node)
        case ast.Raise():
            yield _placed(ast.Pass(), node)
        case ast.Expr(value=ast.Call()):
            yield _placed(ast.Pass(), node)
        case _:
            return


def _with(node: ast.AST, **changes: object) -> ast.AST:
    made = copy.copy(node)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def _placed(made: ast.AST, node: ast.AST) -> ast.AST:
    return ast.copy_location(made, node)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
