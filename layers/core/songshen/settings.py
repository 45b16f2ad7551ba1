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


@dataclass(frozen=True, slots=True)
class MaterialsEnvironment(Environment):
    """For `application` and `review`."""

    materials_bucket: str


@dataclass(frozen=True, slots=True)
class InboxEnvironment(Environment):
    """For `upload_presign`."""

    inbox_bucket: str


@dataclass(frozen=True, slots=True)
class ValidateImageEnvironment(Environment):
    inbox_bucket: str
    materials_bucket: str


@dataclass(frozen=True, slots=True)
class SubmitEnvironment(Environment):
    materials_bucket: str
    state_machine: str


@dataclass(frozen=True, slots=True)
class ReconcileEnvironment(Environment):
    inbox_bucket: str
    state_machine: str
    validate_function: str
