"""One typed environment per function, read once when the function starts."""

import os
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Environment:
    """Fields are environment variables in capitals. Every function knows the table."""

    table: str

    @classmethod
    def read(cls) -> Self:
        """The settings. KeyError names a variable that the template does not set."""
        return cls(**{field.name: os.environ[field.name.upper()] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class SignInEnvironment(Environment):
    user_pool: str
    user_pool_client: str
    account_secret: str
    edge_secret: str
    password_check: str
    """Where the registration system checks passwords itself; "" if it does not."""


@dataclass(frozen=True, slots=True)
class StaffEnvironment(Environment):
    user_pool: str


@dataclass(frozen=True, slots=True)
class StoreEnvironment(Environment):
    """With a bucket. `virtual` addressing names the Region in every link; without it the global host is named, which
    Regions opened since 2019 do not serve."""

    s3_addressing: str


@dataclass(frozen=True, slots=True)
class MaterialsEnvironment(StoreEnvironment):
    """For `application` and `review`."""

    materials_bucket: str


@dataclass(frozen=True, slots=True)
class InboxEnvironment(StoreEnvironment):
    """For `upload_presign`."""

    inbox_bucket: str


@dataclass(frozen=True, slots=True)
class ValidateImageEnvironment(StoreEnvironment):
    inbox_bucket: str
    materials_bucket: str


@dataclass(frozen=True, slots=True)
class RosterEnvironment(StoreEnvironment):
    rosters_bucket: str


@dataclass(frozen=True, slots=True)
class ImportRosterEnvironment(RosterEnvironment):
    password_check: str


@dataclass(frozen=True, slots=True)
class ResultsEnvironment(StoreEnvironment):
    """For `write_export`."""

    results_bucket: str


@dataclass(frozen=True, slots=True)
class ExportsEnvironment(ResultsEnvironment):
    write_export_function: str


@dataclass(frozen=True, slots=True)
class BundleEnvironment(ResultsEnvironment):
    materials_bucket: str


@dataclass(frozen=True, slots=True)
class SubmitEnvironment(StoreEnvironment):
    materials_bucket: str
    state_machine: str


@dataclass(frozen=True, slots=True)
class ReconcileEnvironment(StoreEnvironment):
    inbox_bucket: str
    state_machine: str
    validate_function: str
    rosters_bucket: str
    import_roster_function: str
    write_export_function: str


@dataclass(frozen=True, slots=True)
class SmsEnvironment(Environment):
    """For `notify`. `sms_url` is the SMS provider's, with its token in the secret; both are empty for SNS."""

    sms_url: str
    sms_secret: str


@dataclass(frozen=True, slots=True)
class DeadlinesEnvironment(SmsEnvironment):
    """`reminders_per_second`: candidates written to, at most. The role is the schedules' own. The aliases are
    those that are made ready before a peak."""

    reminders_per_second: str
    schedule_group: str
    deadlines_function: str
    schedule_role: str
    sign_in_alias: str
    application_alias: str
    upload_presign_alias: str
    validate_image_alias: str
    submit_alias: str
