"""The exam's staff at an administrator's desk."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from songshen.contract.common import SiteView
from songshen.contract.staff import Employed, EmployRequest, Placement, Staff, StaffChangeView, StaffMember, StaffPlace
from songshen.domain.application import Claim, Status
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.domain.people import Member, Reviewer, StaffChange, StaffRole, placed
from songshen.ports import (
    Applications,
    Clock,
    Conflict,
    Exams,
    QueueFilter,
    SpotChecks,
    StaffAccounts,
    StaffBook,
    Written,
)
from songshen.usecases.finding import find_exam
from songshen.usecases.retrying import ATTEMPTS

CHANGES = 100
# Without what is taken for something else when it is read aloud or copied.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class StaffDesk:
    """`GET` and `POST /exams/{exam}/staff`; `PUT …/{username}`, `POST …/{username}/disable`, `…/enable`, `…/password`.

    The table says who somebody is, the account store follows: what breaks off between the two is finished by the same
    request again. Nobody changes the own account, and a change counts only while its author is an administrator: so
    there is always one left.
    """

    book: StaffBook
    accounts: StaffAccounts
    exams: Exams
    applications: Applications
    checks: SpotChecks
    clock: Clock

    def staff(self, exam_id: str) -> Staff:
        """Everybody. Raises not_found."""
        exam = find_exam(self.exams, exam_id)
        return Staff(
            exam.time_zone,
            [_shown(member) for member in self.book.members(exam.id)],
            [
                StaffChangeView(
                    one.at.astimezone(exam.zone), one.by, one.username, one.kind, one.role, one.area, one.site
                )
                for one in self.book.changes(exam.id, CHANGES)
            ],
            [
                StaffPlace(area.id, area.name, [SiteView(site.id, site.name) for site in area.sites])
                for area in exam.areas
            ],
        )

    def employ(self, exam_id: str, by: str, wanted: EmployRequest) -> Employed:
        """A new member with an initial password. The same again answers another one, as long as nobody has replaced it.
        Raises not_found, bad_request, username_taken, forbidden."""
        exam = find_exam(self.exams, exam_id)
        area, site = placed(exam, wanted.role, wanted.area, wanted.site)
        held = self.book.member(exam.id, wanted.username)
        if held and (not held.is_at(wanted.role, area, site) or not self.accounts.is_new(wanted.username)):
            raise Refused(Code.USERNAME_TAKEN)
        member = held or Member(exam.id, wanted.username, wanted.role, area, site)
        if not held:
            self._write(None, member, self._change(member, by, "created"))
        self.accounts.employ(member)
        return self._with_password(member)

    def move(self, exam_id: str, by: str, username: str, wanted: Placement) -> StaffMember:
        """Another role or place: sessions end, and what they hold is free. Raises not_found, bad_request, own_account,
        forbidden, busy."""
        exam = find_exam(self.exams, exam_id)
        area, site = placed(exam, wanted.role, wanted.area, wanted.site)

        def moved(member: Member) -> Member:
            return replace(member, role=wanted.role, area=area, site=site)

        before, after = self._set(exam, by, username, "moved", moved)
        self.accounts.employ(after)
        self.accounts.end_sessions(username)
        self._release(exam, before)
        return _shown(after)

    def set_disabled(self, exam_id: str, by: str, username: str, disabled: bool) -> StaffMember:
        """Shuts an account, ends its sessions and frees what it holds; or opens it. Raises not_found, own_account,
        forbidden, busy."""
        exam, kind = find_exam(self.exams, exam_id), "disabled" if disabled else "enabled"
        before, after = self._set(exam, by, username, kind, lambda member: replace(member, disabled=disabled))
        if disabled:
            self.accounts.end_sessions(username)
        self.accounts.set_disabled(username, disabled)
        if disabled:
            self._release(exam, before)
        return _shown(after)

    def reset_password(self, exam_id: str, by: str, username: str) -> Employed:
        """A new initial password; sessions end. Raises not_found, own_account, forbidden, busy."""
        exam = find_exam(self.exams, exam_id)
        _, member = self._set(exam, by, username, "password", lambda member: member, always=True)
        self.accounts.end_sessions(username)
        return self._with_password(member)

    def _with_password(self, member: Member) -> Employed:
        password = "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))
        self.accounts.set_initial_password(member.username, password)
        return Employed(_shown(member), password)

    def _set(
        self,
        exam: Exam,
        by: str,
        username: str,
        kind: str,
        change: Callable[[Member], Member],
        *,
        always: bool = False,
    ) -> tuple[Member, Member]:
        """The member as it was and as it is; written and recorded if that makes a difference, or `always`."""
        if username == by:
            raise Refused(Code.OWN_ACCOUNT)
        for _ in range(ATTEMPTS):
            before = self.book.member(exam.id, username)
            if before is None:
                raise Refused(Code.NOT_FOUND)
            after = change(before)
            if after == before and not always:
                return before, after
            after = replace(after, version=before.version + 1)
            if self._write(before, after, self._change(after, by, kind)):
                return before, after
        raise Refused(Code.BUSY)

    def _write(self, before: Member | None, after: Member, change: StaffChange) -> bool:
        """Whether it was written; False if somebody else was faster. Raises username_taken, forbidden."""
        written = self.book.write(before, after, change)
        if written is Written.FORBIDDEN:
            raise Refused(Code.FORBIDDEN)
        if written is Written.TAKEN or (written is Written.CHANGED and before is None):
            raise Refused(Code.USERNAME_TAKEN)
        return written is Written.DONE

    def _change(self, member: Member, by: str, kind: str) -> StaffChange:
        return StaffChange(self.clock.now(), by, member.username, kind, member.role, member.area, member.site)

    def _release(self, exam: Exam, was: Member) -> None:
        """Frees the cases and spot checks that they hold; from the index, so one that they take this very moment is
        free when its lease ends."""
        if was.role is StaffRole.ADMIN:
            return
        now, reviewer = self.clock.now(), Reviewer(was.username, exam.id, was.area, was.site)
        for site in reviewer.sites(exam):
            mine = QueueFilter(now, mine=was.username)
            for row in self.applications.queue(exam.id, site, Status.SUBMITTED, mine, None, 10).rows:
                application = self.applications.get(row.application)
                if application and application.claim and application.claim.by == was.username:
                    try:
                        self.applications.set_claim(application, None)
                    except Conflict:
                        continue  # it has passed on, or was decided
        for check in self.checks.waiting(exam.id, was.area):
            if check.held_by(was.username):
                self.checks.set_claim(check, Claim(was.username, now))


def _shown(member: Member) -> StaffMember:
    return StaffMember(member.username, member.role, member.area, member.site, member.disabled)
