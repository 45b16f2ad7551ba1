"""Catching a refusal as what it says."""

from collections.abc import Callable
from typing import Any

from songshen.domain.errors import Code, Refused


def refusal(act: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Code, dict[str, Any]] | None:
    """The code and the facts that it was refused with; None if it was not."""
    try:
        act(*args, **kwargs)
    except Refused as refused:
        return refused.code, refused.facts
    return None
