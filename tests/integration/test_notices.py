"""The notice and the public check behind its code."""

import re

import httpx
import pytest

from scripts.people import Reviewer, expect
from tests.support.stack import APPROVING, Campaign, Stack, refused, returning


def check(stack: Stack, code: str) -> httpx.Response:
    """Anyone, without a token."""
    return httpx.get(f"{stack.api}/notices/{code}", timeout=60)


def test_a_notice_can_be_printed_at_any_time(campaign: Campaign, reviewer: Reviewer) -> None:
    """在序列号处未出现数字：未通过初审。"""
    candidate = campaign.candidate(name="王小明", id_number="370102199001011234")
    said = []
    for step in (lambda: None, candidate.submitted, lambda: reviewer.decide(candidate.application, returning())):
        step()
        notice = expect(candidate.call("GET", "/application/notice"), 200)
        said.append(notice["status"])
        assert notice == {
            "title": {
                "zh": "医师资格考试网上报名成功通知单",
                "en": "Notice of Successful Online Registration",
            },
            "exam": {"zh": "2026 考试", "en": "2026 考试 (en)"},
            "registration_no": candidate.entry.registration_no,
            "name": "王小明",
            "id_number": "370102**********34",
            "area": {"zh": "山东", "en": "山东 (en)"},
            "site": {"zh": "济南", "en": "济南 (en)"},
            "status": said[-1],
            "result": {"zh": "未通过初审", "en": "Not approved yet"},
            "serial_number": None,
            "approved_at": None,
            "code": None,
            "withdrawn_serial_numbers": [],
        }
    assert said == ["draft", "submitted", "returned"]


def test_threat_36_the_public_check_shows_nothing_else(campaign: Campaign, reviewer: Reviewer, stack: Stack) -> None:
    candidate = campaign.candidate(name="王小明").submitted()
    expect(reviewer.decide(candidate.application, APPROVING), 200)
    notice = expect(candidate.call("GET", "/application/notice"), 200)
    assert notice["approved_at"]
    # 128 random bits.
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", notice["code"])
    answer = check(stack, notice["code"])
    assert expect(answer, 200) == {
        "valid": True,
        "exam": {"zh": "2026 考试", "en": "2026 考试 (en)"},
        "site": {"zh": "济南", "en": "济南 (en)"},
        "name": "王**",
    }
    assert notice["serial_number"] not in answer.text
    # Nobody but the candidate learns the code.
    assert notice["code"] not in reviewer.call("GET", f"/reviews/{candidate.application}").text


@pytest.mark.parametrize("code", ["A" * 22, "x", "%23", "..", "a%2Fb", "毕业", "A" * 1500, "NOTICE%23x"])
def test_a_code_that_is_none(stack: Stack, code: str) -> None:
    assert check(stack, code).status_code == 404


def test_a_withdrawn_notice_says_so(campaign: Campaign, reviewer: Reviewer, stack: Stack) -> None:
    candidate = campaign.candidate().submitted()
    expect(reviewer.decide(candidate.application, APPROVING), 200)
    code = candidate.item["notice_code"]
    stack.client("dynamodb").update_item(
        TableName=stack.table,
        Key={"pk": {"S": f"NOTICE#{code}"}, "sk": {"S": "NOTICE"}},
        UpdateExpression="SET valid = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )
    assert expect(check(stack, code), 200)["valid"] is False


def test_a_code_is_not_found_out_by_another_kind_of_item(stack: Stack, campaign: Campaign) -> None:
    for code in (campaign.exam.id, f"{campaign.exam.id}%23EXAM"):
        assert refused(check(stack, code)) == (404, "not_found")
