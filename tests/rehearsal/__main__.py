"""The rehearsal of a last hour: `python -m tests.rehearsal [--seconds 420]`, `make rehearse`.

Prints what happened as Markdown; the record goes to test-artifacts/rehearsal. Ends with 1 if anything was violated.
"""

import argparse
import dataclasses
import json
import sys
from collections import Counter
from pathlib import Path

from tests.rehearsal.run import Plan, Result, rehearse
from tests.support.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "test-artifacts" / "rehearsal"


def said(result: Result) -> str:
    """The result as Markdown."""
    history = result.history
    lines = [
        f"{len(history)} operations in {result.seconds:.0f} s by {len(result.finals)} candidates and "
        f"{2 * result.plan.reviewers} reviewers; **{len(result.violations)} violations**.",
        "",
        "| operation | number | no answer or 5xx | refused | p50 ms | p90 ms | p99 ms |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in sorted({one.kind for one in history}):
        own = [one for one in history if one.kind == kind]
        took = sorted(1000 * (one.answered - one.sent) for one in own)
        lost = sum(one.unknown for one in own)
        refused = sum(400 <= one.status < 500 for one in own)
        p50, p90, p99 = (took[min(len(took) - 1, int(share * len(took)))] for share in (0.5, 0.9, 0.99))
        lines.append(f"| {kind} | {len(own)} | {lost} | {refused} | {p50:.0f} | {p90:.0f} | {p99:.0f} |")
    codes = Counter(f"{one.kind} {one.code or one.status}" for one in history if 400 <= one.status < 500)
    lines += [
        "",
        "Refused, each for a reason that the history explains: "
        + "; ".join(f"{k} {n}" for k, n in codes.most_common()),
    ]
    kinds: Counter[str] = Counter()
    for name, number in result.faults.items():
        kinds[name.rpartition(" ")[2]] += number
    if kinds:
        total = sum(result.calls.values())
        lines += [
            "",
            f"Of {total} calls to AWS services failed: " + ", ".join(f"{n} {k}" for k, n in kinds.most_common()),
        ]
    states = Counter(final.status for final in result.finals)
    images = sum(len(final.stored) for final in result.finals)
    lines += [
        "",
        f"Afterwards: {', '.join(f'{n} {state}' for state, n in states.most_common())}; {images} images, "
        f"{sum(bool(final.serial) for final in result.finals)} serial numbers, "
        f"{sum(final.texts for final in result.finals)} text messages.",
    ]
    return "\n".join(lines)


def keep(result: Result) -> None:
    """The record, for whoever wants to look."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "history.jsonl").open("w", encoding="utf-8") as file:
        for one in result.history:
            file.write(json.dumps(dataclasses.asdict(one)) + "\n")
    rest = {
        "finals": [dataclasses.asdict(final) | {"stored": sorted(final.stored)} for final in result.finals],
        "ends": {name: dataclasses.asdict(ends) for name, ends in result.ends.items()},
        "violations": [dataclasses.asdict(violation) for violation in result.violations],
        "faults": result.faults,
        "calls": result.calls,
    }
    (KEPT / "result.json").write_text(json.dumps(rest, indent=1), encoding="utf-8")


def main() -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(description="Rehearses a last hour on the local stack.")
    parser.add_argument("--seconds", type=float, default=Plan.seconds)
    parser.add_argument("--candidates", type=int, default=Plan.candidates, help="at work at the same time")
    parser.add_argument("--waiting", type=int, default=Plan.waiting, help="of the second exam")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--calm", action="store_true", help="without faults")
    given = parser.parse_args()
    plan = Plan(given.seconds, given.candidates, Plan.reviewers, given.waiting, given.seed, not given.calm)
    result = rehearse(Stack.from_environment(), plan, lambda text: print(text, file=sys.stderr, flush=True))
    keep(result)
    print(said(result))
    for violation in result.violations[:50]:
        print(f"VIOLATION {violation.rule} {violation.application}: {violation.what}")
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
