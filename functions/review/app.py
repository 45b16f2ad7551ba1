"""The reviewer's side before the decision: the queue, the next case, one case, its lease."""

from songshen import bootstrap
from songshen.domain.errors import Code, Refused
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.review()


def queue(request: Request) -> Answer:
    query = request.query
    limit = query.get("limit", "50")
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 4):
        raise Refused(Code.BAD_REQUEST, field="limit")
    status = query.get("status", "submitted")
    return answer(200, desk.queue(request.reviewer(), status, query.get("cursor"), int(limit)))


def take_next(request: Request) -> Answer:
    case = desk.next(request.reviewer())
    return answer(200, case) if case else answer(204)


def case(request: Request) -> Answer:
    return answer(200, desk.case(request.reviewer(), request.name("application")))


def claim(request: Request) -> Answer:
    return answer(200, desk.claim(request.reviewer(), request.name("application")))


def release(request: Request) -> Answer:
    desk.release(request.reviewer(), request.name("application"))
    return answer(204)


handler = routes(
    {
        "GET /reviews": queue,
        "POST /reviews/next": take_next,
        "GET /reviews/{application}": case,
        "POST /reviews/{application}/claim": claim,
        "DELETE /reviews/{application}/claim": release,
    }
)
