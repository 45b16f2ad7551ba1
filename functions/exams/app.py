"""What administrators see of an exam."""

from songshen import bootstrap
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.exams()


def agreement(request: Request) -> Answer:
    return answer(200, desk.agreement(request.administered("exam")))


handler = routes({"GET /exams/{exam}/agreement": agreement})
