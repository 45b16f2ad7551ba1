"""Uploads: hold a slot and sign the POST for one image; empty a slot."""

from songshen import bootstrap
from songshen.contract.candidate import UploadRequest
from songshen.domain.application import Announcement
from songshen.http import Answer, Request, answer, routes

presign = bootstrap.upload_presign()


def reserve(request: Request) -> Answer:
    application, given = request.candidate(), request.body(UploadRequest)
    wanted = Announcement(given.category, given.content_type, given.size, given.sha256, given.slot or "", given.fresh)
    return answer(201, presign.reserve(application, wanted))


def release(request: Request) -> Answer:
    presign.release(request.candidate(), request.name("slot"))
    return answer(204)


handler = routes({"POST /uploads": reserve, "DELETE /uploads/{slot}": release})
