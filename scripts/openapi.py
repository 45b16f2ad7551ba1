"""Makes `docs/openapi.json` from `songshen.contract`, and `docs/exam.schema.json` from `songshen.domain.exam`, which
editors check an exam's document by; `--check` fails if a committed one differs."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from songshen.contract.problems import ProblemDetails
from songshen.contract.routes import ROUTES, Route
from songshen.domain.exam import Exam
from songshen.http import STATUS

DOCS = Path(__file__).parent.parent / "docs"


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every route."""
    types = {t for route in ROUTES for t in (route.takes, route.answers) if t}
    named = sorted(types | {ProblemDetails}, key=lambda t: t.__name__)
    schemas, components = msgspec.json.schema_components(named, ref_template="#/components/schemas/{name}")
    refs = dict(zip(named, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        method, path = route.call.split()
        paths.setdefault(path, {})[method.lower()] = _operation(route, path, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Songshen 送审", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, path: str, refs: dict[type, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done"}
    if route.answers:
        answer["content"] = {"application/json": {"schema": refs[route.answers]}}
    responses = {str(route.status): answer}
    if route.call == "POST /reviews/next":
        responses["204"] = {"description": "The queue is empty"}
    refusals = {STATUS[code] for code in route.refusals} | ({400} if route.takes else set())
    for status in sorted(refusals | ({401, 403} if route.who else set())):
        codes = [code.value for code in route.refusals if STATUS[code] == status]
        responses[str(status)] = {
            "description": ", ".join(codes) or "Refused",
            "content": {"application/problem+json": {"schema": refs[ProblemDetails]}},
        }
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", route.call).strip("_").lower(),
        "tags": [route.function],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", path)
        ]
        + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query],
        "responses": responses,
        "security": [{"session": []}] if route.who else [],
    }
    if route.takes:
        content = {"application/json": {"schema": refs[route.takes]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def exam_schema() -> dict[str, Any]:
    """The JSON schema of an exam's document. Its rules beyond the form are in `songshen.domain.checking`."""
    [schema], components = msgspec.json.schema_components([Exam], ref_template="#/$defs/{name}")
    for one in components.values():
        if one.get("type") == "object" and "properties" in one:
            one["additionalProperties"] = False
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "title": "Songshen 送审: exam", **schema, "$defs": components}


def texts() -> dict[Path, str]:
    """What each of the files must hold."""
    made = {DOCS / "openapi.json": document(), DOCS / "exam.schema.json": exam_schema()}
    return {path: json.dumps(one, ensure_ascii=False, indent=1, sort_keys=True) + "\n" for path, one in made.items()}


def main() -> int:
    """Writes the documents, or with `--check` compares them. Returns the exit status."""
    if "--check" not in sys.argv[1:]:
        for path, text in texts().items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path for path, text in texts().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"docs/{path.name} is not what the code says: run `make openapi`.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
