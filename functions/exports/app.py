"""Exports of an exam's results: started, and where the files are."""

from songshen import bootstrap
from songshen.contract.results import ExportRequest
from songshen.contract.roles import ADMIN
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.exports()


def start(request: Request) -> Answer:
    by, wanted = request.username(*ADMIN), request.body(ExportRequest)
    return answer(202, desk.start(request.administered("exam"), by, wanted))


def last(request: Request) -> Answer:
    return answer(200, desk.last(request.administered("exam")))


handler = routes({"POST /exams/{exam}/exports": start, "GET /exams/{exam}/exports": last})
