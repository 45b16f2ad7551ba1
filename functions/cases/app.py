"""Single cases for administrators: looked for, looked at, given more time, reopened."""

from songshen import bootstrap
from songshen.contract.cases import CaseQuery, ExtensionRequest, ReopenRequest
from songshen.contract.roles import ADMIN
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.cases()


def search(request: Request) -> Answer:
    exam, query = request.administered("exam"), request.query
    wanted = CaseQuery(query.get("search", ""), query.get("site", ""), query.get("cursor"))
    return answer(200, desk.search(exam, wanted))


def case(request: Request) -> Answer:
    return answer(200, desk.case(request.username(*ADMIN), request.administered_application()))


def extend(request: Request) -> Answer:
    by, wanted = request.username(*ADMIN), request.body(ExtensionRequest)
    return answer(200, desk.extend(by, request.administered_application(), wanted))


def reopen(request: Request) -> Answer:
    by, wanted = request.username(*ADMIN), request.body(ReopenRequest)
    return answer(200, desk.reopen(by, request.administered_application(), wanted))


handler = routes(
    {
        "GET /exams/{exam}/applications": search,
        "GET /applications/{application}": case,
        "POST /applications/{application}/extension": extend,
        "POST /applications/{application}/reopen": reopen,
    }
)
