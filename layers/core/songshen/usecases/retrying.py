"""Asking a rule again when somebody else wrote first."""

from collections.abc import Callable

from songshen.domain.application import Application
from songshen.domain.errors import Code, Refused
from songshen.ports import Conflict

ATTEMPTS = 5


def with_latest[T](application: Application, step: Callable[[Application], T]) -> T:
    """What `step` returns for the application; on a Conflict it is asked again with the item that won.

    Raises busy after five lost races.
    """
    for _ in range(ATTEMPTS):
        try:
            return step(application)
        except Conflict as conflict:
            application = conflict.current
    raise Refused(Code.BUSY)
