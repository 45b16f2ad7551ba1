"""SMS by a provider's HTTP API, for where SNS sends none."""

import json
import re
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

from songshen.ports import SmsFailed

TIMEOUT = 5.0
"""Seconds for each step of a request; nobody is told twice because the provider was slow for a moment."""
STEPS = 3
"""Connecting, the handshake of TLS, the answer."""
_LATER = {408, 425, 429}
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class ProviderUnavailable(Exception):
    """The provider did not take it now: it may later."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token is shown to nobody but the provider."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class HttpSms:
    """`ports.Sms`: `POST <url> {"to": "+86…", "text": "…"}` with a bearer token. 2xx is sent; 408, 425, 429 and 5xx are
    later; anything else is final, with the answer's `code` as the cause."""

    def __init__(self, url: str, token: str, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._token = token
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, phone: str, text: str) -> None:
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's
            self._url,
            data=json.dumps({"to": phone, "text": text}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=self._timeout):
                return
        except HTTPError as error:
            with error:
                if error.code in _LATER or error.code >= 500:
                    raise ProviderUnavailable(f"http_{error.code}") from None
                raise SmsFailed(_cause(error)) from None
        except (OSError, HTTPException) as error:
            raise ProviderUnavailable(type(error).__name__) from None


def _cause(answer: HTTPError) -> str:
    """What the provider calls it, if that can be nothing but a code: an answer may repeat number and text."""
    try:
        code = json.loads(answer.read(10_000))["code"]
    except (ValueError, LookupError, TypeError, OSError, HTTPException):
        code = ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else f"http_{answer.code}"
