"""The exam's staff: listed, employed, moved, shut out, let in again."""

from songshen import bootstrap
from songshen.contract.roles import ADMIN
from songshen.contract.staff import EmployRequest, Placement
from songshen.http import Answer, Request, answer, routes

desk = bootstrap.staff()


def staff(request: Request) -> Answer:
    return answer(200, desk.staff(request.administered("exam")))


def employ(request: Request) -> Answer:
    by, wanted = request.username(*ADMIN), request.body(EmployRequest)
    return answer(201, desk.employ(request.administered("exam"), by, wanted))


def move(request: Request) -> Answer:
    by, wanted = request.username(*ADMIN), request.body(Placement)
    return answer(200, desk.move(request.administered("exam"), by, request.name("username"), wanted))


def disable(request: Request) -> Answer:
    exam, by = request.administered("exam"), request.username(*ADMIN)
    return answer(200, desk.set_disabled(exam, by, request.name("username"), True))


def enable(request: Request) -> Answer:
    exam, by = request.administered("exam"), request.username(*ADMIN)
    return answer(200, desk.set_disabled(exam, by, request.name("username"), False))


def reset(request: Request) -> Answer:
    exam, by = request.administered("exam"), request.username(*ADMIN)
    return answer(200, desk.reset_password(exam, by, request.name("username")))


handler = routes(
    {
        "GET /exams/{exam}/staff": staff,
        "POST /exams/{exam}/staff": employ,
        "PUT /exams/{exam}/staff/{username}": move,
        "POST /exams/{exam}/staff/{username}/disable": disable,
        "POST /exams/{exam}/staff/{username}/enable": enable,
        "POST /exams/{exam}/staff/{username}/password": reset,
    }
)
