"""Who can call: the groups that an account can be in."""

from typing import Literal

Role = Literal["candidate", "reviewer", "lead", "admin"]

CANDIDATE: tuple[Role, ...] = ("candidate",)
STAFF: tuple[Role, ...] = ("reviewer", "lead")
ADMIN: tuple[Role, ...] = ("admin",)
ANY: tuple[Role, ...] = ("candidate", "reviewer", "lead", "admin")
