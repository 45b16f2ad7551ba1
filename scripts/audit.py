"""Whether what is shipped has known vulnerabilities: `make audit`; `make deploy` begins with it.

Shipped are the packages of the functions' layers and those of the pages, in the very versions of the lock files. OSV
(https://osv.dev) knows of the vulnerabilities of both registries.
"""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from scripts.building import ROOT, CommandError

ASKED = "https://api.osv.dev/v1/querybatch"
AT_ONCE = 500


@dataclass(frozen=True, order=True)
class Package:
    """As OSV names it."""

    ecosystem: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def shipped() -> list[Package]:
    """Of all lock files, each once."""
    found: set[Package] = set()
    for lock in (ROOT / "layers").glob("*/requirements.txt"):
        pinned = re.findall(r"^([\w.-]+)==([\w.!+-]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
        found |= {Package("PyPI", name, version) for name, version in pinned}
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    for path, package in lock["packages"].items():
        if path and not package.get("dev"):
            found.add(Package("npm", path.rpartition("node_modules/")[2], package["version"]))
    return sorted(found)


def ask(question: dict[str, Any]) -> dict[str, Any]:
    """OSV's answer. CommandError if there is none: what could not be audited is not sound."""
    try:
        answer: dict[str, Any] = httpx.post(ASKED, json=question, timeout=30).raise_for_status().json()
    except httpx.HTTPError as error:
        raise CommandError(f"No answer about known vulnerabilities from {ASKED}: {error}") from error
    return answer


def vulnerable(
    packages: list[Package], ask: Callable[[dict[str, Any]], dict[str, Any]] = ask
) -> dict[Package, list[str]]:
    """The packages with known vulnerabilities, and the names of these."""
    found = {}
    for begin in range(0, len(packages), AT_ONCE):
        some = packages[begin : begin + AT_ONCE]
        queries = [{"package": {"name": p.name, "ecosystem": p.ecosystem}, "version": p.version} for p in some]
        for package, result in zip(some, ask({"queries": queries})["results"], strict=True):
            if result.get("vulns"):
                found[package] = sorted(one["id"] for one in result["vulns"])
    return found


def audit(ask: Callable[[dict[str, Any]], dict[str, Any]] = ask) -> None:
    """Raises CommandError, naming them, if there are any."""
    found = vulnerable(shipped(), ask)
    if found:
        lines = [f"  {package}: {', '.join(names)} (https://osv.dev/{names[0]})" for package, names in found.items()]
        raise CommandError(
            "Known vulnerabilities in what would be shipped; `make lock` brings newer versions:\n" + "\n".join(lines)
        )


def main() -> int:
    """1 if there are any."""
    try:
        audit()
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(shipped())} packages, no known vulnerabilities")
    return 0


if __name__ == "__main__":
    sys.exit(main())
