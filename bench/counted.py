"""What one journey takes, as `make bench WHAT=operations` has counted it last: `counted.json`."""

from functools import cache
from pathlib import Path

import msgspec

from bench import assumptions as given
from scripts import template

FILE = Path(__file__).with_name("counted.json")
# Stage → the function that serves it.
FUNCTIONS = {
    "POST /session": "sign_in",
    "GET /application": "application",
    "PUT /application/profile": "application",
    "POST /uploads": "upload_presign",
    "verdict": "validate_image",
    "poll: GET /application": "application",
    "POST /submission": "submit",
    "POST /reviews/next": "review",
    "POST …/decision": "feedback",
    "workflow: Notify": "notify",
}
WAITED_FOR = ("sign_in", "application", "upload_presign", "validate_image", "submit")
SERVICE_SECONDS = {
    "dynamodb": given.DYNAMODB.value,
    "dynamodb TransactWriteItems": given.TRANSACTION.value,
    "s3": given.S3.value,
    "stepfunctions": given.START_EXECUTION.value,
    "cognito-idp": given.COGNITO.value,
    "sns": given.COGNITO.value,
}


class Stage(msgspec.Struct, frozen=True):
    """A part of the journey: how often it happened, and in all: AWS calls, units, processor milliseconds."""

    name: str
    times: int
    calls: dict[str, int]
    """`<service> <operation>` → how many."""
    reads: float
    writes: int
    index_writes: dict[str, int]
    cpu_ms: float

    @property
    def all_writes(self) -> int:
        """The indexes included."""
        return self.writes + sum(self.index_writes.values())


class Counted(msgspec.Struct, frozen=True):
    """One journey."""

    stages: list[Stage]
    transitions: int
    page_calls: int
    polls: int
    item_bytes: int
    sent_bytes: int

    def stage(self, name: str) -> Stage:
        """The stage of this name."""
        return next(one for one in self.stages if one.name == name)

    @property
    def writes(self) -> int:
        """Write units, indexes included."""
        return sum(one.all_writes for one in self.stages)

    @property
    def reads(self) -> float:
        return sum(one.reads for one in self.stages)

    def calls(self, service: str) -> int:
        """AWS calls whose `<service> <operation>` begins so."""
        return sum(n for stage in self.stages for call, n in stage.calls.items() if call.startswith(service))


class Journeys(msgspec.Struct, frozen=True):
    """Both ways that a first round can end."""

    returned: Counted
    approved: Counted


@cache
def journeys() -> Journeys:
    """What was counted last."""
    return msgspec.json.decode(FILE.read_bytes(), type=Journeys)


@cache
def memory(function: str) -> int:
    """Megabytes of a function, as the template says."""
    name = "".join(word.title() for word in function.split("_")) + "Function"
    return int(template.of_type(template.load(), template.FUNCTION)[name]["MemorySize"])


def seconds(stage: Stage) -> tuple[float, float]:
    """What a function works and waits for at one call: its processor time, on the share of a processor that its memory
    brings, and its services' times one after the other."""
    share = min(1.0, memory(FUNCTIONS[stage.name]) / 1769)
    waits = sum(n * SERVICE_SECONDS.get(call, SERVICE_SECONDS[call.split(" ")[0]]) for call, n in stage.calls.items())
    return stage.cpu_ms / 1000 / stage.times / share, waits / stage.times
