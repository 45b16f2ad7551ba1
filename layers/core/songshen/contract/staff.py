"""The exam's staff."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from songshen.contract.common import SiteView
from songshen.domain.exam import Text
from songshen.domain.people import StaffRole

StaffName = Annotated[str, Meta(min_length=3, max_length=64, pattern="^[A-Za-z0-9_-]*$")]


class Placement(Struct):
    """A role and its place: a reviewer's site, a lead's area, nothing for an administrator."""

    role: StaffRole
    area: Annotated[str, Meta(max_length=20)] = ""
    site: Annotated[str, Meta(max_length=12)] = ""


class EmployRequest(Placement, kw_only=True):
    username: StaffName


class StaffMember(Struct):
    username: str
    role: StaffRole
    area: str
    site: str
    disabled: bool


class StaffChangeView(Struct):
    """What was done to somebody: `created`, `moved`, `disabled`, `enabled` or `password`; by whom, and what they are
    from then on."""

    at: datetime
    by: str
    username: str
    kind: str
    role: StaffRole
    area: str
    site: str


class StaffPlace(Struct):
    area: str
    name: Text
    sites: list[SiteView]


class Staff(Struct):
    """The exam's staff by user name, the last hundred changes, newest first, and where somebody can be placed."""

    time_zone: str
    items: list[StaffMember]
    changes: list[StaffChangeView]
    places: list[StaffPlace]


class Employed(Struct):
    """`initial_password` is shown this once; whoever signs in with it replaces it. It can be used for seven days."""

    member: StaffMember
    initial_password: str
