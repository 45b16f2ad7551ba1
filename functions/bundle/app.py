"""All that there is about one application, as a file."""

from songshen import bootstrap
from songshen.contract.roles import ADMIN
from songshen.http import Answer, Request, answer, routes

bundle = bootstrap.bundle()


def make(request: Request) -> Answer:
    return answer(201, bundle(request.administered_application(), request.username(*ADMIN)))


handler = routes({"POST /applications/{application}/bundle": make})
