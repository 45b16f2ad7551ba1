"""Signing in."""

from typing import Annotated

from msgspec import Meta, Struct

from songshen.contract.common import Name
from songshen.contract.roles import Role


class SignInRequest(Struct):
    """`new_password`: what staff replace an initial password by."""

    username: Name
    password: Annotated[str, Meta(min_length=1, max_length=256)]
    new_password: Annotated[str, Meta(max_length=256)] = ""


class RefreshRequest(Struct):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=4096)]


class Session(Struct):
    """`expires_in` seconds; `activated` is true when this sign-in was the account's first."""

    id_token: str
    refresh_token: str
    expires_in: int
    role: Role
    activated: bool = False
