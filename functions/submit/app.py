"""The submission of an application for a round."""

from songshen import bootstrap
from songshen.contract.candidate import SubmissionRequest
from songshen.http import Answer, Request, answer, routes

submit = bootstrap.submit()


def create(request: Request) -> Answer:
    return answer(202, submit(request.candidate(), request.body(SubmissionRequest).round))


handler = routes({"POST /submission": create})
