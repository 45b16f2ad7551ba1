"""The whole loop of one candidate: sign in, upload, submit, be returned, put it right, be approved.

With the demonstration exam's categories and limits, and in the order of the candidates' guide.
"""

import hashlib
from datetime import datetime
from typing import Any

import httpx
import msgspec
import pytest
import yaml

from scripts.demo import EXAM
from scripts.people import Candidate, expect, until
from songshen import passwords
from songshen.domain.exam import Category, Reason
from tests.support.stack import ILLEGIBLE, Campaign, Stack, image, phone_number, refused, returning, slots_of

UPLOADS = (("identity", "identity-1"), ("identity", "identity-2"), ("identity", "identity-3"),
           ("diploma", "diploma-1"), ("assessment", "assessment-1"))  # fmt: skip


def texts_of(view: dict[str, Any]) -> list[str]:
    """The messages' Chinese lines, newest first, as the page shows them."""
    return [message["text"]["zh"] for message in view["messages"]]


@pytest.mark.timeout(300)
def test_the_whole_loop(stack: Stack) -> None:
    document = yaml.safe_load(EXAM.read_text(encoding="utf-8"))
    campaign = Campaign(
        stack,
        categories=msgspec.convert(document["categories"], tuple[Category, ...]),
        reasons=msgspec.convert(document["reasons"], tuple[Reason, ...]),
    )
    password = "考生自己的密码 1"
    entry = campaign.register(password_hash=passwords.hashed(password), name="李四光")
    application = f"{entry.exam}_{entry.registration_no}"
    reviewer = campaign.reviewer()

    # 用户名密码登录后自动激活
    candidate = Candidate.at(stack.api).sign_in(entry.username, password)
    assert candidate.session["activated"] is True
    assert candidate.session["role"] == "candidate"
    candidate.sign_in(entry.username, password)
    assert candidate.session["activated"] is False

    # 完善个人信息
    view = candidate.view()
    assert view["candidate"] == {
        "registration_no": entry.registration_no,
        "name": "李四光",
        "area": {"zh": "山东", "en": "山东 (en)"},
        "site": {"zh": "济南", "en": "济南 (en)"},
        "phone": "",
        "address": "",
        "profile_complete": False,
    }
    assert (view["status"], view["round"], view["locked"]) == ("draft", 0, False)
    assert (view["messages"], view["receipt"], view["serial_number"]) == ([], None, None)
    assert {slot["state"] for slot in slots_of(view).values()} == {"empty"}
    profile = {"phone": phone_number(), "address": "上海市样张路 1 号"}
    answered = expect(candidate.call("PUT", "/application/profile", profile), 200)
    assert answered["candidate"] == view["candidate"] | profile | {"profile_complete": True}

    # 上传：每个必传类别
    sent: dict[str, str] = {}
    for category, slot in UPLOADS:
        data = image()
        assert candidate.upload(category, data) == slot
        shown = candidate.slots()[slot]
        assert (shown["state"], shown["width"], shown["height"]) == ("ready", 320, 240)
        stored = httpx.get(shown["image_url"]).content
        assert hashlib.sha256(stored).hexdigest() == shown["sha256"]
        sent[slot] = shown["sha256"]

    # 提交审核；再次提交同一轮
    view = expect(candidate.call("POST", "/submission", {"round": 1}), 202)
    assert (view["status"], view["round"], view["locked"]) == ("submitted", 1, True)
    assert texts_of(view) == ["上报完成，内容已锁定。"]
    assert view["receipt"]["number"] == f"{entry.registration_no}-1"
    assert {shown["slot"]: shown["sha256"] for shown in view["receipt"]["images"]} == sent
    again = expect(candidate.call("POST", "/submission", {"round": 1}), 202)
    assert (again["status"], again["round"], again["receipt"]) == ("submitted", 1, view["receipt"])
    assert [entry["kind"] for entry in stack.journal(application)] == ["submitted"]
    assert {slot["locked"] for slot in slots_of(view).values()} == {True}
    assert refused(candidate.reserve("license", image())) == (409, "locked")
    assert refused(candidate.call("DELETE", "/uploads/diploma-1")) == (409, "locked")

    # 考点审核：打回一张
    expect(reviewer.call("POST", f"/reviews/{application}/claim"), 200)
    case = reviewer.case(application)
    assert {slot["slot"]: slot["sha256"] for slot in slots_of(case).values() if slot["state"] == "ready"} == sent
    assert {(slot["changed"], slot["previous"]) for slot in slots_of(case).values()} == {(False, None)}
    region = [0.1, 0.7, 0.5, 0.8]
    decision = returning("diploma-1")
    decision["slots"][0]["region"] = region
    stack.waiting(application)
    decided = expect(reviewer.decide(application, decision), 200)
    assert decided == {"application": application, "round": 1, "status": "returned", "serial_number": None}

    # 消息提醒：原话在最上方；只有这一张可以修改
    view = candidate.view()
    assert (view["status"], view["round"], view["locked"]) == ("returned", 1, False)
    assert texts_of(view) == [ILLEGIBLE, "上报完成，内容已锁定。"]
    assert (view["messages"][0]["kind"], view["messages"][0]["slot"]) == ("returned", "diploma-1")
    at = [datetime.fromisoformat(message["at"]) for message in view["messages"]]
    assert at == sorted(at, reverse=True)
    assert {slot for slot, shown in slots_of(view).items() if not shown["locked"]} == {"diploma-1"}
    assert slots_of(view)["diploma-1"]["review"] == {
        "code": "illegible",
        "text": {"zh": "图片不清晰，无法辨认，请重新上传！", "en": "The image is not legible. Please upload it again."},
        "note": ILLEGIBLE,
        "region": region,
        "replaced": False,
    }

    # 短信：一条，发到报名电话（考生已修改的号码），不含原因
    (text,) = until(lambda: stack.texts_to(profile["phone"]), bool)
    assert 1 <= len(text.encode("utf-16-be")) // 2 <= 70
    assert "消息提醒" in text
    assert not any(word in text for word in ("毕业", "辨别", "不清晰", "李四光", "illegible", "diploma"))
    assert stack.texts_to(entry.phone) == []
    assert stack.settled(application)["notification"]["state"] == "sent"

    # 删除并重新上传；未改动不能再次提交
    assert refused(candidate.call("POST", "/submission", {"round": 2})) == (422, "incomplete")
    assert refused(candidate.call("DELETE", "/uploads/identity-1")) == (409, "locked")
    assert candidate.call("DELETE", "/uploads/diploma-1").status_code == 204
    assert candidate.slots()["diploma-1"]["state"] == "empty"
    assert candidate.upload("diploma", image()) == "diploma-1"
    assert candidate.slots()["diploma-1"]["review"]["replaced"] is True
    view = expect(candidate.call("POST", "/submission", {"round": 2}), 202)
    assert (view["status"], view["round"], view["receipt"]["number"]) == (
        "submitted",
        2,
        f"{entry.registration_no}-2",
    )

    # 第二轮：改了什么，以前是什么
    case = reviewer.case(application)
    assert case["round"] == 2
    slots = slots_of(case)
    assert {slot for slot, shown in slots.items() if shown["changed"]} == {"diploma-1"}
    assert {slot for slot, shown in slots.items() if shown["previous"]} == {"diploma-1"}
    previous = slots["diploma-1"]["previous"]
    assert (previous["code"], previous["note"], previous["region"]) == ("illegible", ILLEGIBLE, region)
    old = httpx.get(previous["image_url"]).content
    assert hashlib.sha256(old).hexdigest() == sent["diploma-1"] != slots["diploma-1"]["sha256"]
    assert [entry["kind"] for entry in case["history"]] == ["submitted", "returned", "submitted"]

    # 初审通过：序列号、通知单
    before = expect(candidate.call("GET", "/application/notice"), 200)
    assert (before["serial_number"], before["result"]["zh"], before["code"]) == (None, "未通过初审", None)
    stack.waiting(application)
    decided = reviewer.approve(application)
    serial = f"{entry.site}000001"
    assert decided == {"application": application, "round": 2, "status": "approved", "serial_number": serial}
    view = candidate.view()
    assert (view["status"], view["serial_number"], view["locked"]) == ("approved", serial, True)
    assert {slot["locked"] for slot in slots_of(view).values()} == {True}
    assert texts_of(view)[0] == f"考点初审通过，序列号：{serial}。"
    notice = expect(candidate.call("GET", "/application/notice"), 200)
    assert notice["title"]["zh"] == "医师资格考试网上报名成功通知单"
    assert (notice["serial_number"], notice["result"]["zh"]) == (serial, "考点资格初审通过")
    assert (notice["name"], notice["id_number"]) == ("李四光", "370102**********34")
    check = expect(httpx.get(f"{stack.api}/notices/{notice['code']}"), 200)
    assert (check["valid"], check["name"]) == (True, "李**")

    # 每轮一个流程，各自结束；短信只有一条
    stack.settled(application)
    assert until(lambda: stack.execution(application, 2), lambda status: status != "RUNNING") == "SUCCEEDED"
    assert (stack.execution(application, 1), stack.execution(application, 1, 2)) == ("SUCCEEDED", "")
    assert len(stack.texts_to(profile["phone"])) == 1
    assert [item["kind"] for item in stack.journal(application)] == ["submitted", "returned", "submitted", "approved"]


def test_the_profile_can_be_changed_at_any_time(campaign: Campaign) -> None:
    candidate = campaign.candidate().submitted()
    candidate.set_profile("13700137000", "济南市 3 号")
    view = candidate.view()
    assert (view["candidate"]["phone"], view["candidate"]["address"]) == ("13700137000", "济南市 3 号")
    assert (view["status"], view["locked"]) == ("submitted", True)


def test_what_was_uploaded_is_there_after_signing_in_again(campaign: Campaign) -> None:
    """重新登录后，材料图片已显示即上传成功。"""
    candidate = campaign.candidate().fill("diploma", "identity")
    before = slots_of(candidate.view())
    candidate.call("DELETE", "/session")
    candidate.sign_in(candidate.entry.username, "right horse battery")
    after = slots_of(candidate.view())
    shown = ("state", "sha256", "uploaded_at", "locked")
    assert [[slot[name] for name in shown] for slot in after.values()] == [
        [slot[name] for name in shown] for slot in before.values()
    ]
    assert after["diploma-1"]["state"] == "ready"
    stored = httpx.get(after["diploma-1"]["image_url"]).content
    assert hashlib.sha256(stored).hexdigest() == after["diploma-1"]["sha256"]


def test_a_return_without_slots_opens_everything(campaign: Campaign, reviewer: Any) -> None:
    candidate = campaign.candidate().submitted("diploma", "identity")
    decision = returning() | {"note": "材料信息与报名信息不一致，请核对后重新提交！"}
    expect(reviewer.decide(candidate.application, decision), 200)
    view = candidate.view()
    assert {slot["locked"] for slot in slots_of(view).values()} == {False}
    assert texts_of(view)[0] == "材料信息与报名信息不一致，请核对后重新提交！"
    # Nothing was asked for by name, so it may be submitted as it is.
    assert expect(candidate.call("POST", "/submission", {"round": 2}), 202)["round"] == 2
