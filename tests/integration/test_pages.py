"""What is published: every address that people, browsers or the pages themselves try has something."""

from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.stack import PASSWORD, Campaign, Stack

pytestmark = pytest.mark.integration


def get(stack: Stack, url: str) -> httpx.Response:
    """The file behind a page's address; not every machine's resolver knows names that end in `.localhost`."""
    there = urlsplit(url)
    return httpx.get(stack.description["aws_endpoint"] + there.path, headers={"host": there.netloc}, trust_env=False)


@pytest.mark.parametrize("page", ["candidate_url", "console_url"])
def test_a_page_is_complete(stack: Stack, page: str) -> None:
    found = get(stack, stack.description[page])
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-cache")
    for placeholder in ("__CONNECT_SRC__", "__IMG_SRC__"):
        assert placeholder not in found.text


def test_the_console_is_found_without_its_file_name(stack: Stack) -> None:
    url = stack.description["console_url"]
    found = get(stack, url.removesuffix("index.html"))
    assert (found.status_code, found.text) == (200, get(stack, url).text)
    assert found.headers["content-type"] == "text/html; charset=utf-8"


def test_the_check_of_notices_is_found_where_notices_say(stack: Stack) -> None:
    found = get(stack, stack.description["candidate_url"] + "check/")
    assert (found.status_code, found.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (found.headers["cache-control"], "核验" in found.text) == ("no-cache", True)
    assert "connect-src 'self';" in found.text


def test_browsers_that_ask_for_an_icon_get_one(stack: Stack) -> None:
    found = get(stack, stack.description["candidate_url"] + "favicon.ico")
    assert (found.status_code, found.content[:4]) == (200, b"\0\0\1\0")


def test_the_api_answers_beside_the_pages_as_at_its_own_address(stack: Stack, campaign: Campaign) -> None:
    """Methods, bodies, queries, tokens and answers without a body pass; the refusal of a gateway too."""
    host = urlsplit(stack.description["candidate_url"]).netloc
    edge = httpx.Client(
        base_url=stack.description["aws_endpoint"] + "/api", headers={"host": host}, timeout=60, trust_env=False
    )
    own = httpx.Client(base_url=stack.api, timeout=60, trust_env=False)
    candidate = campaign.candidate()
    signed_in = {"username": candidate.entry.username, "password": PASSWORD}
    profile = {"phone": "13800001234", "address": "济南市"}
    kept = []
    for http in (edge, own):
        session = http.post("/session", json=signed_in)
        token = {"authorization": f"Bearer {session.json()['id_token']}"}
        answers = [
            session,
            http.put("/application/profile", json=profile, headers=token),
            http.get("/application", headers=token),
            http.delete("/uploads/nothing-9", headers=token),
            http.get("/reviews?status=draft&limit=5", headers=token),
            http.get("/application"),
            http.get("/nothing"),
            http.delete("/session", headers=token),
        ]
        kept.append([(answer.status_code, answer.headers.get("content-type")) for answer in answers])
    through, direct = kept
    assert through == direct
    assert [status for status, _ in through] == [200, 200, 200, 404, 403, 401, 404, 204]
    assert edge.get("/application").headers["x-frame-options"] == "DENY"
