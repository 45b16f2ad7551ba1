"""Puts use cases and adapters together: the only place that builds clients.

What one function needs is imported in its own builder: an import that another function needs is a slower cold start.
For the same reason clients are botocore's own; boto3 would add to them what nothing here uses.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from songshen import settings
from songshen.adapters.directory import DynamoExams, DynamoRoster, DynamoSignInGuard
from songshen.adapters.dynamodb import DynamoApplications

if TYPE_CHECKING:
    from songshen.adapters.httpsms import HttpSms
    from songshen.adapters.results import DynamoExports, S3ResultFiles
    from songshen.adapters.rosterimports import DynamoRosterImports, S3RosterFiles
    from songshen.adapters.s3 import S3Inbox, S3Materials
    from songshen.adapters.sentimages import DynamoSentImages
    from songshen.adapters.smsbook import DynamoUnreached
    from songshen.adapters.sns import SnsSms
    from songshen.adapters.spotchecks import DynamoSpotChecks
    from songshen.adapters.stepfunctions import StepFunctionsWorkflow
    from songshen.usecases.application import ApplicationDesk
    from songshen.usecases.bundle import MakeBundle
    from songshen.usecases.cases import CaseDesk
    from songshen.usecases.deadlines import KeepDeadlines
    from songshen.usecases.exams import ExamDesk
    from songshen.usecases.exports import ExportDesk
    from songshen.usecases.feedback import Feedback
    from songshen.usecases.import_roster import ImportRoster
    from songshen.usecases.notify import Notify
    from songshen.usecases.progress import ProgressDesk
    from songshen.usecases.reconcile import Reconcile
    from songshen.usecases.review import ReviewDesk
    from songshen.usecases.roster import RosterDesk
    from songshen.usecases.sign_in import SignIn
    from songshen.usecases.staff import StaffDesk
    from songshen.usecases.submit import Submit
    from songshen.usecases.telling import Telling
    from songshen.usecases.upload_presign import UploadPresign
    from songshen.usecases.validate_image import ValidateImage
    from songshen.usecases.write_export import WriteExport

# A person waits: fail fast and try again rather than hang.
_CONFIG = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "max_attempts": 4})
# An SMS is tried again later: that the provider is silent has to be known, and noted, before the function's time is up.
SNS_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})


class SystemClock:
    """`ports.Clock`, to the millisecond: what is answered at once is what the table will say later."""

    def now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


_clock = SystemClock()
_session = botocore.session.get_session()


def _client(service: Any, config: Config = _CONFIG) -> Any:
    return _session.create_client(service, config=config)


def _s3(env: settings.StoreEnvironment) -> Any:
    # In us-east-1 a POST policy would be signed with version 2.
    addressing: Any = {"addressing_style": env.s3_addressing}
    own = Config(signature_version="s3v4", s3=addressing)
    return _client("s3", _CONFIG.merge(own))


class _Table:
    """The table's adapters on one client."""

    def __init__(self, table: str) -> None:
        self.client = _client("dynamodb")
        self.name = table
        self.applications = DynamoApplications(self.client, table)
        self.exams = DynamoExams(self.client, table, _clock.now)
        self.roster = DynamoRoster(self.client, table)

    def checks(self) -> "DynamoSpotChecks":
        from songshen.adapters.spotchecks import DynamoSpotChecks

        return DynamoSpotChecks(self.client, self.name)

    def imports(self) -> "DynamoRosterImports":
        from songshen.adapters.rosterimports import DynamoRosterImports

        return DynamoRosterImports(self.client, self.name)

    def exports(self) -> "DynamoExports":
        from songshen.adapters.results import DynamoExports

        return DynamoExports(self.client, self.name)

    def images(self) -> "DynamoSentImages":
        from songshen.adapters.sentimages import DynamoSentImages

        return DynamoSentImages(self.client, self.name)

    def unreached(self) -> "DynamoUnreached":
        from songshen.adapters.smsbook import DynamoUnreached

        return DynamoUnreached(self.client, self.name)

    def telling(self, env: settings.SmsEnvironment) -> "Telling":
        from songshen.adapters.smsbook import DynamoSmsCounts
        from songshen.usecases.telling import Telling

        counts = DynamoSmsCounts(self.client, self.name)
        return Telling(self.roster, _sms(env), counts, self.unreached(), _clock)


def _inbox(env: settings.StoreEnvironment, bucket: str) -> "S3Inbox":
    from songshen.adapters.s3 import S3Inbox

    return S3Inbox(_s3(env), bucket)


def _materials(env: settings.StoreEnvironment, bucket: str) -> "S3Materials":
    from songshen.adapters.s3 import S3Materials

    return S3Materials(_s3(env), bucket)


def _roster_files(env: settings.RosterEnvironment) -> "S3RosterFiles":
    from songshen.adapters.rosterimports import S3RosterFiles

    return S3RosterFiles(_s3(env), env.rosters_bucket)


def _result_files(env: settings.ResultsEnvironment) -> "S3ResultFiles":
    from songshen.adapters.results import S3ResultFiles

    return S3ResultFiles(_s3(env), env.results_bucket)


def _sms(env: settings.SmsEnvironment) -> "HttpSms | SnsSms":
    if env.sms_url:
        from songshen.adapters.httpsms import HttpSms

        kept = _client("secretsmanager").get_secret_value(SecretId=env.sms_secret)
        return HttpSms(env.sms_url, kept["SecretString"])
    from songshen.adapters.sns import SnsSms

    return SnsSms(_client("sns", SNS_CONFIG))


def _workflow(state_machine: str = "") -> "StepFunctionsWorkflow":
    from songshen.adapters.stepfunctions import StepFunctionsWorkflow

    return StepFunctionsWorkflow(_client("stepfunctions"), state_machine)


def sign_in() -> "SignIn":
    from songshen.adapters.cognito import CognitoAccounts
    from songshen.usecases.sign_in import SignIn

    env = settings.SignInEnvironment.read()
    table = _Table(env.table)
    kept = _client("secretsmanager").get_secret_value(SecretId=env.account_secret)
    secret = kept["SecretString"].encode()

    def fingerprint(username: str) -> str:
        return hmac.new(secret, b"sign-in:" + username.encode(), hashlib.sha256).hexdigest()[:32]

    accounts = CognitoAccounts(_client("cognito-idp"), env.user_pool, env.user_pool_client, secret)
    guard = DynamoSignInGuard(table.client, table.name, fingerprint)
    check = None
    if env.password_check:
        from songshen.adapters.passwordcheck import HttpPasswordCheck

        token = hmac.new(secret, b"password-check", hashlib.sha256).hexdigest()
        check = HttpPasswordCheck(env.password_check, token)
    return SignIn(table.roster, accounts, guard, _clock, check)


def edge_secret() -> str:
    """What CloudFront adds to the calls it passes on, for `http.Request.source`."""
    return settings.SignInEnvironment.read().edge_secret


def application() -> "ApplicationDesk":
    from songshen.usecases.application import ApplicationDesk

    env = settings.MaterialsEnvironment.read()
    table = _Table(env.table)
    materials = _materials(env, env.materials_bucket)
    return ApplicationDesk(table.applications, table.exams, table.roster, materials, _clock)


def upload_presign() -> "UploadPresign":
    from songshen.usecases.upload_presign import UploadPresign

    env = settings.InboxEnvironment.read()
    table = _Table(env.table)
    return UploadPresign(table.applications, table.exams, _inbox(env, env.inbox_bucket), _clock)


def validate_image() -> "ValidateImage":
    from songshen.adapters.pillow import PillowImaging
    from songshen.adapters.s3 import S3Inbox, S3Materials
    from songshen.usecases.validate_image import ValidateImage

    env = settings.ValidateImageEnvironment.read()
    table = _Table(env.table)
    s3 = _s3(env)
    return ValidateImage(
        table.applications,
        table.exams,
        S3Inbox(s3, env.inbox_bucket),
        S3Materials(s3, env.materials_bucket),
        PillowImaging(),
        table.images(),
        _clock,
    )


def submit() -> "Submit":
    from songshen.usecases.submit import Submit

    env = settings.SubmitEnvironment.read()
    table = _Table(env.table)
    materials = _materials(env, env.materials_bucket)
    workflow = _workflow(env.state_machine)
    return Submit(table.applications, table.exams, materials, workflow, table.unreached(), _clock)


def review() -> "ReviewDesk":
    from songshen.usecases.review import ReviewDesk

    env = settings.MaterialsEnvironment.read()
    table = _Table(env.table)
    materials = _materials(env, env.materials_bucket)
    return ReviewDesk(table.applications, table.exams, table.roster, materials, table.checks(), table.images(), _clock)


def feedback() -> "Feedback":
    from songshen.usecases.feedback import Feedback

    table = _Table(settings.Environment.read().table)
    return Feedback(table.applications, table.exams, table.checks(), _workflow(), _clock)


def exams() -> "ExamDesk":
    from songshen.usecases.exams import ExamDesk

    table = _Table(settings.Environment.read().table)
    return ExamDesk(table.exams, table.checks(), table.applications, _clock)


def staff() -> "StaffDesk":
    from songshen.adapters.cognito import CognitoStaff
    from songshen.adapters.staffbook import DynamoStaffBook
    from songshen.usecases.staff import StaffDesk

    env = settings.StaffEnvironment.read()
    table = _Table(env.table)
    accounts = CognitoStaff(_client("cognito-idp"), env.user_pool)
    book = DynamoStaffBook(table.client, table.name)
    return StaffDesk(book, accounts, table.exams, table.applications, table.checks(), _clock)


def cases() -> "CaseDesk":
    from songshen.usecases.cases import CaseDesk

    table = _Table(settings.Environment.read().table)
    return CaseDesk(table.applications, table.exams, table.roster, _clock)


def roster() -> "RosterDesk":
    from songshen.usecases.roster import RosterDesk

    env = settings.RosterEnvironment.read()
    table = _Table(env.table)
    return RosterDesk(table.imports(), table.exams, _roster_files(env), _clock)


def import_roster() -> "ImportRoster":
    from songshen.adapters.rosterbook import DynamoRosterBook
    from songshen.usecases.import_roster import ImportRoster

    env = settings.ImportRosterEnvironment.read()
    table = _Table(env.table)
    book = DynamoRosterBook(table.client, table.name)
    return ImportRoster(table.imports(), table.exams, _roster_files(env), book, _clock, bool(env.password_check))


def progress() -> "ProgressDesk":
    from songshen.adapters.progress import DynamoProgressBook, DynamoProgressCache
    from songshen.usecases.progress import ProgressDesk

    table = _Table(settings.Environment.read().table)
    book = DynamoProgressBook(table.client, table.name)
    cache = DynamoProgressCache(table.client, table.name)
    return ProgressDesk(table.exams, book, cache, table.unreached(), table.applications, _clock)


def exports() -> "ExportDesk":
    from songshen.adapters.results import LambdaExporting
    from songshen.usecases.exports import ExportDesk

    env = settings.ExportsEnvironment.read()
    table = _Table(env.table)
    exporting = LambdaExporting(_client("lambda"), env.write_export_function)
    return ExportDesk(table.exports(), table.exams, _result_files(env), exporting, _clock)


def write_export() -> "WriteExport":
    from songshen.adapters.results import DynamoResultsBook
    from songshen.usecases.write_export import WriteExport

    env = settings.ResultsEnvironment.read()
    table = _Table(env.table)
    book = DynamoResultsBook(table.client, table.name, _clock.now)
    return WriteExport(table.exports(), table.exams, table.applications, book, _result_files(env), _clock)


def bundle() -> "MakeBundle":
    from songshen.usecases.bundle import MakeBundle

    env = settings.BundleEnvironment.read()
    table = _Table(env.table)
    materials = _materials(env, env.materials_bucket)
    return MakeBundle(table.applications, table.exams, table.roster, materials, _result_files(env), _clock)


def notify() -> "Notify":
    from songshen.usecases.notify import Notify

    env = settings.SmsEnvironment.read()
    table = _Table(env.table)
    return Notify(table.applications, table.exams, table.telling(env), _clock)


def deadlines() -> "KeepDeadlines":
    from songshen.adapters.calendar import DynamoArchive, DynamoCalendar
    from songshen.adapters.cognito import CognitoCandidates
    from songshen.adapters.pacing import Pace
    from songshen.adapters.scheduler import EventBridgeSchedules
    from songshen.adapters.warming import WarmCapacity
    from songshen.usecases.deadlines import KeepDeadlines

    env = settings.DeadlinesEnvironment.read()
    table = _Table(env.table)
    client = _client("scheduler")
    aliases = {
        "sign_in": env.sign_in_alias,
        "application": env.application_alias,
        "upload_presign": env.upload_presign_alias,
        "validate_image": env.validate_image_alias,
        "submit": env.submit_alias,
    }
    return KeepDeadlines(
        table.exams,
        table.applications,
        DynamoCalendar(table.client, table.name),
        EventBridgeSchedules(client, env.schedule_group, env.deadlines_function, env.schedule_role),
        table.telling(env),
        table.unreached(),
        WarmCapacity(_client("lambda"), table.client, env.table, aliases),
        DynamoArchive(table.client, table.name, CognitoCandidates(_client("cognito-idp"), env.user_pool)),
        Pace(float(env.reminders_per_second)),
        _clock,
    )


def reconcile() -> "Reconcile":
    from songshen.adapters.lambdas import LambdaValidation
    from songshen.adapters.results import LambdaExporting
    from songshen.usecases.reconcile import Reconcile

    env = settings.ReconcileEnvironment.read()
    functions = _client("lambda")
    table = _Table(env.table)
    return Reconcile(
        table.applications,
        _workflow(env.state_machine),
        _inbox(env, env.inbox_bucket),
        LambdaValidation(functions, env.validate_function, env.inbox_bucket),
        table.imports(),
        LambdaValidation(functions, env.import_roster_function, env.rosters_bucket),
        table.exports(),
        LambdaExporting(functions, env.write_export_function),
        _clock,
    )
