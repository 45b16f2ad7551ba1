"""How far an exam has come, and who of its candidates could not be told."""

from songshen import bootstrap
from songshen.http import Answer, Request, answer, routes

progress = bootstrap.progress()


def shown(request: Request) -> Answer:
    return answer(200, progress(request.administered("exam")))


def unreached(request: Request) -> Answer:
    exam, query = request.administered("exam"), request.query
    return answer(200, progress.not_reached(exam, query.get("area", ""), query.get("cursor", "")))


handler = routes({"GET /exams/{exam}/progress": shown, "GET /exams/{exam}/unreached": unreached})
