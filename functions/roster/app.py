"""Roster imports: where to send the file, and how far it has come."""

from songshen import bootstrap
from songshen.contract.roles import ADMIN
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.roster()


def start(request: Request) -> Answer:
    return answer(201, desk.start(request.administered("exam"), request.username(*ADMIN)))


def progress(request: Request) -> Answer:
    return answer(200, desk.progress(request.administered("exam")))


handler = routes({"POST /exams/{exam}/roster": start, "GET /exams/{exam}/roster": progress})
