"""One typed environment per function, read once when the function starts."""

import os
from typing import Self

from msgspec import Struct


class Environment(Struct, frozen=True):
    """Fields are environment variables in capitals. Every function knows the table."""

    table: str

    @classmethod
    def read(cls) -> Self:
        """The settings. KeyError names a variable that the template does not set."""
        return cls(**{name: os.environ[name.upper()] for name in cls.__struct_fields__})


class SignInEnvironment(Environment, frozen=True):
    user_pool: str
    user_pool_client: str
    account_secret: str
    edge_secret: str
    password_check: str
    """Where the registration system checks passwords itself; "" if it does not."""


class StaffEnvironment(Environment, frozen=True):
    user_pool: str


class StoreEnvironment(Environment, frozen=True):
    """With a bucket. `virtual` addressing names the Region in every link; without it the global host is named, which
    Regions opened since 2019 do not serve."""

    s3_addressing: str


class MaterialsEnvironment(StoreEnvironment, frozen=True):
    """For `application` and `review`."""

    materials_bucket: str


class InboxEnvironment(StoreEnvironment, frozen=True):
    """For `upload_presign`."""

    inbox_bucket: str


class ValidateImageEnvironment(StoreEnvironment, frozen=True):
    inbox_bucket: str
    materials_bucket: str


class RosterEnvironment(StoreEnvironment, frozen=True):
    rosters_bucket: str


class ImportRosterEnvironment(RosterEnvironment, frozen=True):
    password_check: str


class ResultsEnvironment(StoreEnvironment, frozen=True):
    """For `write_export`."""

    results_bucket: str


class ExportsEnvironment(ResultsEnvironment, frozen=True):
    write_export_function: str


class BundleEnvironment(ResultsEnvironment, frozen=True):
    materials_bucket: str


class SubmitEnvironment(StoreEnvironment, frozen=True):
    materials_bucket: str
    state_machine: str


class ReconcileEnvironment(StoreEnvironment, frozen=True):
    inbox_bucket: str
    state_machine: str
    validate_function: str
    rosters_bucket: str
    import_roster_function: str
    write_export_function: str


class SmsEnvironment(Environment, frozen=True):
    """For `notify`. `sms_url` is the SMS provider's, with its token in the secret; both are empty for SNS."""

    sms_url: str
    sms_secret: str


class DeadlinesEnvironment(SmsEnvironment, frozen=True):
    """`reminders_per_second`: candidates written to, at most. The role is the schedules' own. The aliases are
    those that are made ready before a peak."""

    user_pool: str
    reminders_per_second: str
    schedule_group: str
    deadlines_function: str
    schedule_role: str
    sign_in_alias: str
    application_alias: str
    upload_presign_alias: str
    validate_image_alias: str
    submit_alias: str
