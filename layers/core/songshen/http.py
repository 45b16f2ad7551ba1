"""HTTP API events in, JSON out: the only module that knows how a request and an answer look.

A handler is a table from route keys to functions of a `Request`. Refusals become RFC 9457 problems; anything unexpected
is logged without the request's content and answered as `internal`.
"""

import base64
import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from songshen.contract.roles import ADMIN, CANDIDATE, STAFF
from songshen.domain.application import application_id
from songshen.domain.errors import TEXTS, Code, Refused
from songshen.domain.people import Reviewer, roles_of
from songshen.logs import about, begin, log, where

type Event = dict[str, Any]
type Answer = dict[str, Any]

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CORRELATION = re.compile(r"[0-9a-f]{16}")

STATUS: dict[Code, int] = {
    Code.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Code.SIGN_IN_FAILED: HTTPStatus.UNAUTHORIZED,
    Code.SESSION_EXPIRED: HTTPStatus.UNAUTHORIZED,
    Code.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.LOCKED: HTTPStatus.CONFLICT,
    Code.WINDOW_CLOSED: HTTPStatus.CONFLICT,
    Code.CATEGORY_FULL: HTTPStatus.CONFLICT,
    Code.SLOT_OCCUPIED: HTTPStatus.CONFLICT,
    Code.UPLOADING: HTTPStatus.CONFLICT,
    Code.STALE_ROUND: HTTPStatus.CONFLICT,
    Code.ALREADY_DECIDED: HTTPStatus.CONFLICT,
    Code.CLAIMED_BY_OTHER: HTTPStatus.CONFLICT,
    Code.CLAIM_LIMIT: HTTPStatus.CONFLICT,
    Code.NEW_PASSWORD_REQUIRED: HTTPStatus.CONFLICT,
    Code.USERNAME_TAKEN: HTTPStatus.CONFLICT,
    Code.OWN_ACCOUNT: HTTPStatus.CONFLICT,
    Code.WEAK_PASSWORD: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.NOT_APPROVED: HTTPStatus.CONFLICT,
    Code.STALE_VERSION: HTTPStatus.CONFLICT,
    Code.EXPORT_RUNNING: HTTPStatus.CONFLICT,
    Code.TOO_LARGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.UNSUPPORTED_TYPE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.INCOMPLETE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.TOO_SOON: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.NOT_LATER: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.TOO_LATE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.INVALID_EXAM: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.TOO_MANY_ATTEMPTS: HTTPStatus.TOO_MANY_REQUESTS,
    Code.TOO_MANY_UPLOADS: HTTPStatus.TOO_MANY_REQUESTS,
    Code.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.SIGN_IN_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Request:
    """An HTTP API event (payload format 2.0)."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self.path: Mapping[str, str] = event.get("pathParameters") or {}
        self.query: Mapping[str, str] = event.get("queryStringParameters") or {}

    def name(self, parameter: str) -> str:
        """A name in the path. Raises not_found if it cannot be one of ours."""
        name = self.path.get(parameter, "")
        if not _NAME.fullmatch(name):
            raise Refused(Code.NOT_FOUND)
        if parameter == "application":
            about(application=name)
        return name

    @property
    def correlation(self) -> str:
        """The page's id of what the person did; without one that can be ours, the API's id of the request."""
        given = (self._event.get("headers") or {}).get("x-correlation-id", "")
        return given if _CORRELATION.fullmatch(given) else self.id

    @property
    def id(self) -> str:
        """The API's id of the request: `request` in its access log."""
        return str(self._event["requestContext"].get("requestId", ""))

    def source(self, edge_secret: str) -> str:
        """Where the call comes from: an IPv4 address, or a network of IPv6, in which everybody has 2**64 addresses.

        Behind CloudFront the platform sees CloudFront. Whom that has seen is the last address in X-Forwarded-For but
        CloudFront's own, which API Gateway appends. Whoever calls API Gateway directly can write that header too, but
        does not know the secret that CloudFront adds.
        """
        headers: Mapping[str, str] = self._event.get("headers") or {}
        seen = str(self._event["requestContext"]["http"]["sourceIp"])
        shown = headers.get("x-songshen-edge", "").encode()
        viewer = None
        if edge_secret and hmac.compare_digest(shown, edge_secret.encode()):
            hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",")]
            viewer = _address(next((hop for hop in reversed(hops) if hop != seen), ""))
        return _network(viewer or _address(seen)) or seen

    def body[T](self, shape: type[T]) -> T:
        """The JSON body as `shape`. Raises bad_request, naming the field."""
        raw = self._event.get("body") or "{}"
        if self._event.get("isBase64Encoded"):
            raw = base64.b64decode(raw)
        try:
            return msgspec.json.decode(raw, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(Code.BAD_REQUEST, field=_field_of(str(error))) from error

    def username(self, *roles: str) -> str:
        """The caller's user name, as the authorizer has verified it. Raises forbidden without one of the roles."""
        if not self._roles().intersection(roles):
            raise Refused(Code.FORBIDDEN)
        return self._claim("cognito:username")

    def _roles(self) -> frozenset[str]:
        # The authorizer hands lists over as "[a b]".
        groups = self._claim("cognito:groups").strip("[]").replace(",", " ").split()
        return roles_of(groups, self._claim("custom:exam"), self._claim("custom:registration_no"))

    def candidate(self) -> str:
        """The id of the calling candidate's application. Raises forbidden."""
        self.username(*CANDIDATE)
        application = application_id(self._claim("custom:exam"), self._claim("custom:registration_no"))
        about(application=application)
        return application

    def reviewer(self) -> Reviewer:
        """The calling reviewer or lead. Raises forbidden, also if the account does not name its place: exam, area, and
        a reviewer's site."""
        username = self.username(*STAFF)
        lead = "lead" in self._roles()
        exam, area, site = (self._claim(f"custom:{name}") for name in ("exam", "area", "site"))
        if not exam or not area or not (site or lead):
            raise Refused(Code.FORBIDDEN)
        return Reviewer(username, exam, area, "" if lead else site)

    def administered(self, parameter: str) -> str:
        """The exam in the path. Raises forbidden, not_found for another exam than the calling administrator's."""
        self.username(*ADMIN)
        exam = self.name(parameter)
        if self._claim("custom:exam") != exam:
            raise Refused(Code.NOT_FOUND)
        return exam

    def administered_application(self) -> str:
        """The application in the path. Raises forbidden, not_found for one of another exam than the calling
        administrator's."""
        self.username(*ADMIN)
        application = self.name("application")
        exam, _, number = application.partition("_")
        if not number or self._claim("custom:exam") != exam:
            raise Refused(Code.NOT_FOUND)
        return application

    def flag(self, parameter: str) -> bool:
        """`true` or `false` (also if it is left out) from the query. Raises bad_request."""
        given = self.query.get(parameter, "false")
        if given not in ("true", "false"):
            raise Refused(Code.BAD_REQUEST, field=parameter)
        return given == "true"

    def number(self, parameter: str, default: int) -> int:
        """A whole number of at most three digits from the query. Raises bad_request."""
        given = self.query.get(parameter, str(default))
        if not (given.isascii() and given.isdecimal() and len(given) < 4):
            raise Refused(Code.BAD_REQUEST, field=parameter)
        return int(given)

    def _claim(self, name: str) -> str:
        return str(self._event["requestContext"]["authorizer"]["jwt"]["claims"].get(name, ""))


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.version == 6 and found.ipv4_mapped) or found


def _network(address: Address | None) -> str:
    if address is None or address.version == 4:
        return str(address or "")
    return str(ipaddress.ip_network((address, 64), strict=False))


def _field_of(message: str) -> str:
    """The field that the decoder complains of, e.g. `slots[0].code`; "" if it is the whole body."""
    place = re.search(r" - at `\$\.?([^`]*)`$", message)
    missing = re.match(r"Object missing required field `([^`]*)`", message)
    return ".".join(found[1] for found in (place, missing) if found and found[1])


def answer(status: int, body: object = None) -> Answer:
    """An answer with a JSON body, never cached: it is about one person."""
    headers = {"cache-control": "no-store"}
    if body is None:
        return {"statusCode": status, "headers": headers}
    headers["content-type"] = "application/json; charset=utf-8"
    return {"statusCode": status, "headers": headers, "body": msgspec.json.encode(body).decode()}


def problem(refused: Refused) -> Answer:
    """The refusal as `application/problem+json`."""
    status = STATUS[refused.code]
    text = TEXTS[refused.code]
    body = {
        "type": "about:blank",
        "status": status,
        "code": refused.code,
        "title": text.zh,
        "text": text,
        **refused.facts,
    }
    made = answer(status, body)
    made["headers"]["content-type"] = "application/problem+json; charset=utf-8"
    if retry_after := refused.facts.get("retry_after"):
        made["headers"]["retry-after"] = str(retry_after)
    return made


def routes(table: Mapping[str, Callable[[Request], Answer]]) -> Callable[[Event, object], Answer]:
    """The Lambda handler that answers these route keys."""

    def handler(event: Event, context: object) -> Answer:
        request = Request(event)
        route = str(event.get("routeKey"))
        begin(route=route, request=request.id, correlation=request.correlation)
        try:
            made = table[route](request)
        except Refused as refused:
            log.info("refused", extra={"code": refused.code.value, "status": int(STATUS[refused.code]), "refused": 1})
            return problem(refused)
        except Exception as error:
            # Only where and what kind: a message could quote what a person has written.
            failed = {"code": Code.INTERNAL.value, "status": 500, "refused": 1, "error": where(error)}
            log.error("failed", extra=failed)
            return problem(Refused(Code.INTERNAL))
        log.info("answered", extra={"status": made["statusCode"], "refused": 0})
        return made

    return handler
