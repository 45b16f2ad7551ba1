"""A reviewer's decision on a round."""

from songshen import bootstrap
from songshen.contract.reviewer import DecisionRequest
from songshen.http import Answer, Request, answer, routes

feedback = bootstrap.feedback()


def decide(request: Request) -> Answer:
    reviewer = request.reviewer()
    return answer(200, feedback(reviewer, request.name("application"), request.body(DecisionRequest)))


handler = routes({"POST /reviews/{application}/decision": decide})
