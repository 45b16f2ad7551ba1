"""What the plan and the simulation take for granted, each with its source. What was counted or measured is not here:
`counted.json`, written by `make bench WHAT=operations`.

Figures of AWS are those of us-east-1, as remembered in November 2026 and not compared with the pages named: before an
exam they are compared with the account's own Service Quotas.
"""

from dataclasses import dataclass

from bench.model import Duration, Quota, Retrying

DOCS = "docs.aws.amazon.com/"
OURS = "our own estimate"
STEPS = DOCS + "step-functions/latest/dg/service-quotas.html"
COGNITO_QUOTAS = DOCS + "cognito/latest/developerguide/quotas.html"


@dataclass(frozen=True)
class Assumed[T]:
    """A figure and where it comes from."""

    value: T
    source: str


# ---- the crowd ----

LAST_DAY = Assumed(0.18, "our goal: share of the candidates who come on the last day")
PEAK = Assumed(
    10.0, "our goal: an hour at ten times the average; taken of the last day's average hour, the stricter reading"
)
LAST_MINUTES = Assumed(
    0.1, "our goal: 100,000 of a million submit in the last ten minutes, all at once with the peak hour"
)
IMAGES = Assumed(10, "our goal; the guide's categories have ten slots")
LATE = Assumed(0.005, OURS + ": so many of all candidates come when submitting is over, within five minutes")
SIGNED_IN = Assumed(
    0.5, OURS + ": so many of the last minutes' crowd still have their session; the others sign in again"
)
FIRST_TIME = Assumed(1.0, "the worst: everybody in the peak hour signs in for the first time")
RETURNED = Assumed(0.3, OURS + ": share of first submissions that are returned, with one SMS each")
DAYS = Assumed(10, "exams/demo/exam.yaml, the guide's windows: ten days of uploading")
DECISIONS_A_DAY = Assumed(60_000, OURS + ": 500 reviewers with 120 cases a day each, who begin with the uploading")
CHOOSING = Assumed(Duration(25, 0.6), OURS + ": seconds to photograph or choose, look at and confirm an image")
READING = Assumed(Duration(30, 0.8), OURS + ": seconds before the first upload, and before submitting")

# ---- the page (web/shared/client.ts, useUploads.ts, useApplication.ts, SubmitDialog.vue) ----

ASKS_AGAIN = Assumed(Retrying(2, 0.5, 3), "client.ts: GET, twice more after 0.5 and 1.5 s, give or take a quarter")
UPLOADS_AGAIN = Assumed(Retrying(5, 1.0, 2, 15), "useUploads.ts: six tries, 1 s doubling to 15 s")
SUBMITS_AGAIN = Assumed(
    Retrying(11, 0.5, 3, 20), "SubmitDialog.vue: three times; then the person, about every 20 s, eight times"
)
SIGNS_IN_AGAIN = Assumed(Retrying(8, 5.0, 1.5, 20), OURS + ": the person presses again, after 5 to 20 s, eight times")

# ---- the workflow ----

TASK_TOKEN = Assumed(
    728, "the longest of AWS's task tokens that can be found in public; theirs are 2,048 at the most, the emulator's 36"
)

# ---- the network ----

ROUND_TRIP = Assumed(Duration(0.12, 0.5), OURS + ": a phone in China to a Region in Asia and back")
SENDING = Assumed(Duration(1.0, 0.8), OURS + ": 150 KB at 1.2 Mbit/s")

# ---- what services take, seconds for each call ----

DYNAMODB = Assumed(0.006, DOCS + "amazondynamodb/latest/developerguide/Introduction.html: single-digit milliseconds")
TRANSACTION = Assumed(0.02, OURS + ": a transaction takes about three single writes")
S3 = Assumed(0.08, DOCS + "AmazonS3/latest/userguide/optimizing-performance.html: small objects, 100 to 200 ms at most")
START_EXECUTION = Assumed(0.06, OURS)
COGNITO = Assumed(0.12, OURS + ": each call of the account store")
VARIATION = Assumed(0.6, OURS + ": standard deviation of a service time as a share of its mean")
EVENT = Assumed(
    Duration(0.8, 1.0), DOCS + "AmazonS3/latest/userguide/EventNotifications.html: typically within seconds"
)
COLD = Assumed(
    Duration(1.0, 0.3), "docs/measured.md, imports: 0.2 s of a processor at most, and as much to begin; doubled twice"
)
VALIDATION_COLD = Assumed(Duration(1.2, 0.3), "COLD, with Pillow")

# ---- quotas: per second, at most at once ----

API = Assumed(Quota(10_000, 5_000), DOCS + "apigateway/latest/developerguide/limits.html: account and Region")
CONCURRENCY = Assumed(
    1_000, DOCS + "lambda/latest/dg/gettingstarted-limits.html: account and Region; new accounts have less"
)
SCALING = Assumed(
    Quota(100, 1_000), DOCS + "lambda/latest/dg/lambda-concurrency.html: 1,000 environments of a function every 10 s"
)
START = Assumed(Quota(300, 1_300), STEPS + ": StartExecution in us-east-1")
START_ELSEWHERE = Assumed(Quota(150, 800), STEPS + ": StartExecution in most other Regions")
OPEN_EXECUTIONS = Assumed(1_000_000, STEPS + ": open executions for each account and Region; may be raised to millions")
TRANSITIONS = Assumed(
    Quota(5_000, 5_000), STEPS + ": state transitions of Standard workflows in us-east-1 (800 elsewhere)"
)
SIGN_INS = Assumed(Quota(120), COGNITO_QUOTAS + ": UserAuthentication; may be raised")
CREATIONS = Assumed(Quota(50), COGNITO_QUOTAS + ": UserCreation; may be raised")
PASSWORDS = Assumed(Quota(30), COGNITO_QUOTAS + ": UserAccountRecovery, AdminSetUserPassword; cannot be raised")
SMS = Assumed(Quota(20), DOCS + "general/latest/gr/sns.html: SMS a second; may be raised")
SMS_SPENDING = Assumed(
    1.0, DOCS + "sns/latest/dg/channels-sms-awssupport-spend-threshold.html: dollars a month; must be raised"
)
TABLE_WRITES = Assumed(40_000, DOCS + "amazondynamodb/latest/developerguide/ServiceQuotas.html: a table; may be raised")
NEW_TABLE = Assumed(
    (12_000, 4_000), DOCS + "amazondynamodb/latest/developerguide/warm-throughput.html: reads, writes of a new table"
)
PARTITION = Assumed(
    (3_000, 1_000),
    DOCS + "amazondynamodb/latest/developerguide/bp-partition-key-design.html: reads, writes of a partition",
)
