"""A candidate's application: the view, the profile, the notice; and the public check of a notice."""

from songshen import bootstrap
from songshen.contract.candidate import ProfileRequest
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.application()


def view(request: Request) -> Answer:
    return answer(200, desk.view(request.candidate()))


def profile(request: Request) -> Answer:
    return answer(200, desk.set_profile(request.candidate(), request.body(ProfileRequest)))


def notice(request: Request) -> Answer:
    return answer(200, desk.notice(request.candidate()))


def check(request: Request) -> Answer:
    return answer(200, desk.check(request.name("code")))


handler = routes(
    {
        "GET /application": view,
        "PUT /application/profile": profile,
        "GET /application/notice": notice,
        "GET /notices/{code}": check,
    }
)
