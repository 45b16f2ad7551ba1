"""What administrators see of an exam, and change of it."""

from songshen import bootstrap
from songshen.contract.exams import AreaExtensionRequest, ExamChange
from songshen.contract.roles import ADMIN
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.exams()


def document(request: Request) -> Answer:
    return answer(200, desk.document(request.administered("exam"), request.number("version", 0)))


def change(request: Request) -> Answer:
    by, wanted = request.username(*ADMIN), request.body(ExamChange)
    return answer(200, desk.change(request.administered("exam"), by, wanted, request.flag("dry_run")))


def extend(request: Request) -> Answer:
    by, wanted = request.username(*ADMIN), request.body(AreaExtensionRequest)
    return answer(200, desk.extend(request.administered("exam"), by, wanted, request.flag("dry_run")))


def agreement(request: Request) -> Answer:
    return answer(200, desk.agreement(request.administered("exam")))


handler = routes(
    {
        "GET /exams/{exam}": document,
        "PUT /exams/{exam}": change,
        "POST /exams/{exam}/extension": extend,
        "GET /exams/{exam}/agreement": agreement,
    }
)
