"""Sessions: sign in (the first time activates), renew, sign out."""

from songshen import bootstrap
from songshen.contract.roles import ANY
from songshen.contract.session import RefreshRequest, SignInRequest
from songshen.http import Answer, Request, answer, routes

sign_in = bootstrap.sign_in()
edge_secret = bootstrap.edge_secret()


def create(request: Request) -> Answer:
    given = request.body(SignInRequest)
    source = request.source(edge_secret)
    return answer(200, sign_in(given.username, given.password, source, given.new_password))


def refresh(request: Request) -> Answer:
    return answer(200, sign_in.refresh(request.body(RefreshRequest).refresh_token))


def sign_out(request: Request) -> Answer:
    sign_in.sign_out(request.username(*ANY))
    return answer(204)


handler = routes({"POST /session": create, "POST /session/refresh": refresh, "DELETE /session": sign_out})
