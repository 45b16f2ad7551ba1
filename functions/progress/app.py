"""How far an exam has come."""

from songshen import bootstrap
from songshen.http import Answer, Request, answer, routes

progress = bootstrap.progress()


def shown(request: Request) -> Answer:
    return answer(200, progress(request.administered("exam")))


handler = routes({"GET /exams/{exam}/progress": shown})
