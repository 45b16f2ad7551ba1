"""The reviewer's side before the decision: the queue, the next case, one case, its lease."""

from songshen import bootstrap
from songshen.contract.reviewer import QueueQuery
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.review()


def queue(request: Request) -> Answer:
    reviewer, query = request.reviewer(), request.query
    wanted = QueueQuery(
        status=query.get("status", "submitted"),
        site=query.get("site", ""),
        round=request.number("round", 0),
        waiting=request.number("waiting", 0),
        mine=query.get("mine") == "true",
        search=query.get("search", "").strip(),
        cursor=query.get("cursor"),
        limit=request.number("limit", 50),
    )
    return answer(200, desk.queue(reviewer, wanted))


def take_next(request: Request) -> Answer:
    case = desk.next(request.reviewer(), request.query.get("site", ""))
    return answer(200, case) if case else answer(204)


def case(request: Request) -> Answer:
    return answer(200, desk.case(request.reviewer(), request.name("application")))


def identity(request: Request) -> Answer:
    return answer(200, desk.identity(request.reviewer(), request.name("application")))


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
        "GET /reviews/{application}/identity": identity,
        "POST /reviews/{application}/claim": claim,
        "DELETE /reviews/{application}/claim": release,
    }
)
