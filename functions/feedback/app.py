"""A reviewer's decision on a round."""

from songshen import bootstrap
from songshen.contract import DecisionRequest
from songshen.http import Answer, Request, answer, routes

feedback = bootstrap.feedback()


def decide(request: Request) -> Answer:
    application = request.name("application")
    return answer(200, feedback(request.reviewer(), application, request.body(DecisionRequest)))


handler = routes({"POST /reviews/{application}/decision": decide})
