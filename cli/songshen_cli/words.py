"""Chinese or English, as the user's environment says: LC_ALL, LC_MESSAGES, LANG, in this order."""

import os
from collections.abc import Mapping


def language(environ: Mapping[str, str] = os.environ) -> str:
    """`zh` or `en`."""
    said = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"


def say(zh: str, en: str) -> str:
    """The text in the user's language."""
    return zh if language() == "zh" else en


def pick(text: Mapping[str, str] | None) -> str:
    """A text of the API in the user's language, else in the other one."""
    if not text:
        return ""
    first, second = (text.get("zh", ""), text.get("en", ""))
    return (first or second) if language() == "zh" else (second or first)
