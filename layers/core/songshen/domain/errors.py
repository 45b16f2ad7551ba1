"""Every refusal: a stable code and a sentence that says what to do next, in Chinese and in English."""

from enum import StrEnum
from typing import Any

from songshen.domain.exam import Text


class Code(StrEnum):
    """The stable codes of refusals; part of the HTTP contract."""

    BAD_REQUEST = "bad_request"
    SIGN_IN_FAILED = "sign_in_failed"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    SIGN_IN_UNAVAILABLE = "sign_in_unavailable"
    SESSION_EXPIRED = "session_expired"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    LOCKED = "locked"
    WINDOW_CLOSED = "window_closed"
    CATEGORY_FULL = "category_full"
    SLOT_OCCUPIED = "slot_occupied"
    TOO_LARGE = "too_large"
    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_MANY_UPLOADS = "too_many_uploads"
    UPLOADING = "uploading"
    INCOMPLETE = "incomplete"
    STALE_ROUND = "stale_round"
    ALREADY_DECIDED = "already_decided"
    CLAIMED_BY_OTHER = "claimed_by_other"
    CLAIM_LIMIT = "claim_limit"
    NEW_PASSWORD_REQUIRED = "new_password_required"  # noqa: S105 - a code
    WEAK_PASSWORD = "weak_password"  # noqa: S105 - a code
    USERNAME_TAKEN = "username_taken"
    OWN_ACCOUNT = "own_account"
    NOT_APPROVED = "not_approved"
    TOO_SOON = "too_soon"
    NOT_LATER = "not_later"
    TOO_LATE = "too_late"
    STALE_VERSION = "stale_version"
    INVALID_EXAM = "invalid_exam"
    EXPORT_RUNNING = "export_running"
    BUSY = "busy"
    INTERNAL = "internal"


TEXTS: dict[Code, Text] = {
    Code.BAD_REQUEST: Text("提交的内容有误，请检查后重试。", "The request is not valid. Check it and try again."),
    Code.SIGN_IN_FAILED: Text(
        "用户名或密码不正确，请使用报名系统的用户名和密码登录。",
        "Wrong user name or password. Use those of the registration system.",
    ),
    Code.TOO_MANY_ATTEMPTS: Text(
        "登录失败次数过多，请稍后再试。", "Too many failed attempts. Wait a little, then try again."
    ),
    Code.SIGN_IN_UNAVAILABLE: Text(
        "报名系统暂时无法核对密码，请过几分钟再登录。您已上传的材料不受影响。",
        "The registration system cannot check passwords just now. Sign in again in a few minutes; what you have "
        "uploaded is safe.",
    ),
    Code.SESSION_EXPIRED: Text("登录已过期，请重新登录。", "Your session has ended. Sign in again."),
    Code.FORBIDDEN: Text("您没有此项权限。", "Your account may not do this."),
    Code.NOT_FOUND: Text("没有找到所请求的内容，请刷新页面后重试。", "Not found. Refresh the page and try again."),
    Code.LOCKED: Text(
        "材料已锁定，暂不能修改。请等待审核结果。",
        "These materials are locked. Wait for the result of the review.",
    ),
    Code.WINDOW_CLOSED: Text(
        "现在不在规定的上传时间内。如有疑问请联系考点。",
        "Uploading is not open now. Contact your exam site if you have questions.",
    ),
    Code.CATEGORY_FULL: Text(
        "该类材料已达到最多张数。如需更换，请先删除一张。",
        "This category is full. Delete an image first if you want to replace it.",
    ),
    Code.SLOT_OCCUPIED: Text(
        "该位置已有图片或正在上传（可能在另一个页面）。如需更换，请先删除。",
        "There is already an image here, or one is being uploaded, perhaps on another page. Delete it first.",
    ),
    Code.TOO_LARGE: Text(
        "图片为空或超过规定的大小，请压缩后重新选择。",
        "The file is empty or larger than allowed. Make it smaller and choose it again.",
    ),
    Code.UNSUPPORTED_TYPE: Text(
        "只能上传 jpg/jpeg/png 格式的图片，请转换格式后重新选择。",
        "Only JPEG and PNG images can be uploaded. Convert the file and choose it again.",
    ),
    Code.TOO_MANY_UPLOADS: Text(
        "今天上传的次数过多，请明天再试。已上传的材料不受影响。",
        "Too many uploads today. Try again tomorrow; what you have uploaded is safe.",
    ),
    Code.UPLOADING: Text(
        "还有图片正在上传，请等待上传完成后再提交。",
        "An image is still being uploaded. Wait for it, then submit again.",
    ),
    Code.INCOMPLETE: Text("材料还不齐全，请补充后再提交。", "Something is still missing. Add it, then submit again."),
    Code.STALE_ROUND: Text("页面内容已更新，请刷新后再操作。", "The page is out of date. Refresh it and try again."),
    Code.ALREADY_DECIDED: Text(
        "该轮已有审核结论，请查看最新状态。",
        "This round has been decided already. Look at the latest state.",
    ),
    Code.CLAIMED_BY_OTHER: Text(
        "该材料正由其他审核人员处理，请审核下一份。",
        "Another reviewer is working on this application. Take the next one.",
    ),
    Code.CLAIM_LIMIT: Text(
        "您已领取三份材料，请先完成或放回其中一份。",
        "You hold three applications already. Finish or release one first.",
    ),
    Code.NEW_PASSWORD_REQUIRED: Text(
        "这是初始密码，请设置您自己的新密码（至少 12 个字符）后登录。",
        "This is an initial password. Choose one of your own, of at least 12 characters, to sign in.",
    ),
    Code.WEAK_PASSWORD: Text(
        "新密码太短，请使用至少 12 个字符，并且不同于初始密码。",
        "The new password is too short. Use at least 12 characters, and not the initial password.",
    ),
    Code.USERNAME_TAKEN: Text(
        "该用户名已被使用，请换一个用户名；如需调整此人，请在人员列表中修改。",
        "This user name is in use. Choose another one; who is listed already can be moved there.",
    ),
    Code.OWN_ACCOUNT: Text(
        "不能停用、调整自己的账号或重置自己的密码，请由另一位管理员操作。",
        "You cannot do this to your own account. Ask another administrator.",
    ),
    Code.NOT_APPROVED: Text(
        "只有已通过初审的材料才能重新开放；待审核的材料请由审核人员退回。请刷新查看最新状态。",
        "Only an approved application can be reopened; one that waits is returned by its reviewer. Refresh to see "
        "its state.",
    ),
    Code.TOO_SOON: Text(
        "截止时间至少要在一分钟之后，请改为更晚的时间。",
        "A deadline must be at least a minute ahead. Choose a later time.",
    ),
    Code.NOT_LATER: Text(
        "新的截止时间不晚于现在的截止时间。延期只能延长，请改为更晚的时间。",
        "This is not later than the present deadline. An extension only gives more time: choose a later one.",
    ),
    Code.TOO_LATE: Text(
        "到那时考生的报名材料已经自动删除，请改为更早的时间，或者先在考试设置中加大 records_days。",
        "Candidates' records are deleted before that. Choose an earlier time, or raise records_days in the exam's "
        "settings first.",
    ),
    Code.STALE_VERSION: Text(
        "考试设置已被其他人修改。请保留您的文字，重新打开最新版本，再作修改。",
        "Somebody else has saved the exam. Keep your text, open the latest version and make your change there.",
    ),
    Code.INVALID_EXAM: Text(
        "考试设置有问题，没有保存。请按每一条提示修改后再保存。",
        "The exam was not saved. Change what each of the messages names, then save again.",
    ),
    Code.EXPORT_RUNNING: Text(
        "同样内容的导出正在进行。请等它完成，或换一种内容或格式。",
        "The same export is being made already. Wait until it is done, or choose another content or format.",
    ),
    Code.BUSY: Text("刚才有其他操作同时进行，请再试一次。", "Something else changed at the same moment. Try again."),
    Code.INTERNAL: Text(
        "系统暂时出现问题，请稍后再试。您已上传的材料不受影响。",
        "Something went wrong on our side. Try again shortly; what you have uploaded is safe.",
    ),
}


class Refused(Exception):
    """A request that the rules do not allow.

    `facts` are further members of the answer, e.g. `missing` of an incomplete submission; never personal data.
    """

    def __init__(self, code: Code, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def text(self) -> Text:
        """What to do next, for the person who was refused."""
        return TEXTS[self.code]
