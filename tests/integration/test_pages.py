"""What is published: the pages know their stack, and every address that people or browsers try has something."""

from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.integration


def get(stack: Stack, url: str) -> httpx.Response:
    """The file behind a page's address; not every machine's resolver knows names that end in `.localhost`."""
    there = urlsplit(url)
    return httpx.get(stack.description["aws_endpoint"] + there.path, headers={"host": there.netloc}, trust_env=False)


@pytest.mark.parametrize("page", ["candidate_url", "console_url"])
def test_a_page_is_complete(stack: Stack, page: str) -> None:
    found = get(stack, stack.description[page])
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-cache")
    assert f'<meta name="songshen-api" content="{stack.api}"' in found.text
    for placeholder in ("__API__", "__CONNECT_SRC__", "__IMG_SRC__"):
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
    for placeholder in ("__API__", "__CONNECT_SRC__"):
        assert placeholder not in found.text


def test_browsers_that_ask_for_an_icon_get_one(stack: Stack) -> None:
    found = get(stack, stack.description["candidate_url"] + "favicon.ico")
    assert (found.status_code, found.content[:4]) == (200, b"\0\0\1\0")
