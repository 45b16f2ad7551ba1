"""Proves that every permission in template.yaml is needed: `python -m scripts.iam [stack.json] [-v] [what to look at]`.

For every action of every statement of every role: the deployed role loses just that action, which is what the template
without it would deploy; a probe that uses it (tests/iam/probes.py) must fail; the action is put back. Before, the probe
must pass. Exit status 1 if a permission turns out to be unneeded, or has no probe, or a probe fails by itself.

Needs a running local stack, whose roles it changes and restores, and a few minutes; `make iam` gives it one of its own.
What to look at is a part of `<function>.<statement>.<action>`; -v also prints how the probes failed.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from scripts import template as reader
from scripts.template import ROOT

if TYPE_CHECKING:
    from tests.iam.probes import Probe, World

# Seconds. A refused call is waited for at most as long as the reconciler leaves an obligation alone.
PATIENCE = 60.0
LEAST_PATIENCE, MOST_PATIENCE = 2.0, 45.0
STACK_FILE = ROOT / ".local" / "stack.json"


def main(arguments: list[str]) -> int:
    """Goes through all permissions and prints a table. Returns the exit status."""
    given = Path(arguments[0]) if arguments and arguments[0].endswith(".json") else None
    wanted = [part for part in arguments[bool(given) :] if part != "-v"]
    stack = json.loads((given or STACK_FILE).read_text(encoding="utf-8"))
    _talk_to(stack)
    from tests.iam.probes import PROBES, UNPROVABLE, World  # noqa: PLC0415 - they build clients

    world = World(stack, _physical_names(stack))
    permissions = [
        (statement.owner, statement.sid, action)
        for statement in reader.statements(reader.load())
        if statement.effect == "Allow"
        for action in statement.actions
    ]
    wrong = 0
    for permission in permissions:
        name = ".".join(permission)
        if not all(part in name for part in wanted):
            continue
        start = time.monotonic()
        if reason := UNPROVABLE.get(permission):
            print(f"  --  {name}: {reason}", flush=True)
            continue
        verdict = _prove(world, permission, PROBES.get(permission))
        wrong += verdict != ""
        print(f"{'FAIL' if verdict else '  ok'}  {name} {verdict} ({time.monotonic() - start:.1f} s)", flush=True)
    for permission in sorted((set(PROBES) | set(UNPROVABLE)) - set(permissions)):
        wrong += 1
        print(f"FAIL  {'.'.join(permission)}: has a probe, but is not in the template")
    print(f"{wrong} of {len(permissions)} permissions are wrong" if wrong else "every permission is needed")
    return 1 if wrong else 0


def _prove(world: "World", permission: tuple[str, str, str], probe: "Probe | None") -> str:
    """What is wrong with a permission, "" if it is there and needed."""
    if probe is None:
        return "has no probe"
    start = time.monotonic()
    world.patience = PATIENCE
    try:
        probe(world)
    except Exception as error:
        return f"the probe fails with the permission: {error!r}"
    # What does not happen in three times the time that it took is refused, not slow.
    world.patience = min(max(LEAST_PATIENCE, 3 * (time.monotonic() - start)), MOST_PATIENCE)
    with _without(world, *permission):
        try:
            probe(world)
        except Exception as missed:
            if "-v" in sys.argv:
                print(f"      {missed!r}")
            return ""
    return "is not needed: the probe passes without it"


@contextmanager
def _without(world: "World", owner: str, sid: str, action: str) -> Iterator[None]:
    """The owner's deployed role lacks one action of one statement meanwhile."""
    iam = boto3.client("iam")
    role = world.physical[f"{owner}Role"]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document: Any = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        if any(statement.get("Sid") == sid for statement in document["Statement"]):
            break
    else:
        raise LookupError(f"{role} has no statement {sid}: deploy the template first")
    poorer = json.dumps({**document, "Statement": list(_take(document["Statement"], sid, action))})
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=poorer)
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def _take(statements: list[dict[str, Any]], sid: str, action: str) -> Iterator[dict[str, Any]]:
    for statement in statements:
        if statement.get("Sid") != sid:
            yield statement
            continue
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        left = [other for other in actions if other != action]
        assert len(left) == len(actions) - 1, f"{sid} has no {action}: deploy the template first"
        if left:
            yield {**statement, "Action": left}


def _talk_to(stack: dict[str, Any]) -> None:
    """From here on, every client of this process talks to the stack's emulator, and to nothing else."""
    endpoint = str(stack["aws_endpoint"])
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": str(stack["region"]),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "localhost,127.0.0.1,.localhost",
        "no_proxy": "localhost,127.0.0.1,.localhost",
    }


def _physical_names(stack: dict[str, Any]) -> dict[str, str]:
    """Logical id → physical id of the stack that the outputs belong to."""
    cloudformation = boto3.client("cloudformation")
    (name,) = (
        found["StackName"]
        for found in cloudformation.describe_stacks()["Stacks"]
        if any(output["OutputValue"] == stack["outputs"]["TableName"] for output in found.get("Outputs", []))
    )
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
