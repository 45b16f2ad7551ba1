"""What a local stack is made of once its emulator runs: the deployed template, pages, the exam."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import boto3

from scripts.building import SAM, architecture, overrides, run, sam_environment
from scripts.emulator import REGION, Emulator
from scripts.publish import Destination

STACK_NAME = "songshen"


class Description(TypedDict):
    """`stack.json`: what others need to know about a local stack.

    `users` lists who can sign in under `candidates`, `reviewers`, `leads` and `admins`, each
    with `username` and `password`, reviewers also with `site`.
    """

    api: str
    candidate_url: str
    console_url: str
    aws_endpoint: str
    region: str
    outputs: dict[str, str]
    users: dict[str, list[dict[str, Any]]]


class Done:
    """Which steps the emulator has behind it, and from which sources.

    The marks are kept in the emulator itself, so that they are lost together with what they speak
    of: after a crash, or with another state directory, the steps are simply done again.
    """

    PARAMETER = "/songshen/done"

    def __init__(self) -> None:
        self._ssm = boto3.client("ssm")
        try:
            text = self._ssm.get_parameter(Name=self.PARAMETER)["Parameter"]["Value"]
            self._marks: dict[str, str] = json.loads(text)
        except self._ssm.exceptions.ParameterNotFound:
            self._marks = {}

    def once(self, step: str, made_from: str, work: Callable[[], object]) -> bool:
        """Do a step unless it was done from the same sources; whether it was done now."""
        if self._marks.get(step) == made_from:
            return False
        work()
        self._marks[step] = made_from
        text = json.dumps(self._marks)
        self._ssm.put_parameter(Name=self.PARAMETER, Value=text, Type="String", Overwrite=True)
        return True

    def forget(self, step: str) -> None:
        """Let a step be done again."""
        self._marks.pop(step, None)


def enter(emulator: Emulator) -> None:
    """From here on, this process and what it starts talk to the emulator only."""
    environment = emulator.client_environment()
    os.environ.clear()
    os.environ.update(environment)


def deploy(emulator: Emulator) -> None:
    """Deploy the built template, exactly as to AWS."""
    settings = {
        "PageOrigin": page_origin("*", emulator),
        "ProtectData": "false",
        "Transport": "http",
        "EmulatorPort": str(emulator.port),
    }
    options = ["--config-env", "local", "--stack-name", STACK_NAME, "--parameter-overrides"]
    parameters = overrides(settings | {"Architecture": architecture()})
    run([SAM / "sam", "deploy", *options, *parameters], sam_environment())


def outputs(stack_name: str = STACK_NAME) -> dict[str, str]:
    """A deployed stack's outputs."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


def describe(emulator: Emulator) -> Description:
    """The stack's addresses and outputs, without users."""
    found = outputs()
    pages = page_origin(found["DistributionDomain"].split(".")[0], emulator)
    return {
        "api": f"{emulator.endpoint}/_aws/execute-api/{found['ApiId']}/api",
        "candidate_url": f"{pages}/",
        "console_url": f"{pages}/review/index.html",
        "aws_endpoint": emulator.endpoint,
        "region": REGION,
        "outputs": found,
        "users": {"candidates": [], "reviewers": [], "leads": [], "admins": []},
    }


def destination(emulator: Emulator, stack: Description) -> Destination:
    """Where this stack's pages are published; all buckets answer at one origin here."""
    return Destination(
        bucket=stack["outputs"]["WebBucket"],
        distribution=None,
        connect=(emulator.endpoint,),
        images=(emulator.endpoint,),
    )


def page_origin(distribution: str, emulator: Emulator) -> str:
    """The origin at which the emulator serves a distribution (the label of its domain name)."""
    return f"http://{distribution}.cloudfront.localhost:{emulator.port}"


def load_demonstration(description_file: Path) -> dict[str, list[dict[str, Any]]]:
    """Load the demonstration exam into the stack; who can sign in."""
    from scripts import demo  # noqa: PLC0415 - imports the product's own code: needed here alone

    return demo.load(description_file)
