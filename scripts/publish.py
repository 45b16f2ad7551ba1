"""Publish the pages: to the emulator's web bucket and to AWS's, by the same code.

The HTML is completed here: in the content security policy `__CONNECT_SRC__` and `__IMG_SRC__` become the origins of
this very stack's buckets. The API has the pages' own.
"""

import mimetypes
import re
import time
from dataclasses import dataclass
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "web" / "dist"
EXAMPLES = ROOT / "exams" / "demo" / "specimens"  # the candidate page shows them: /examples/diploma.jpg
HASHED = re.compile(r"(^|/)assets/[^/]+-[\w-]{8}\.\w+$")  # Vite's: another content, another name
FOLDERS = ("review/", "check/")  # their pages, as people type them and as notices name them
TEXT = {".js", ".css", ".json", ".svg", ".txt", ".webmanifest"}


@dataclass(frozen=True)
class Destination:
    """Where the pages go and what they have to know.

    `connect` and `images` are the origins beside their own that the pages may send files to and
    show images from. `distribution` is the CloudFront distribution that has to forget what it has
    cached, None on the emulator, which caches nothing.
    """

    bucket: str
    distribution: str | None
    connect: tuple[str, ...]
    images: tuple[str, ...]


def publish(to: Destination, pages: Path = PAGES) -> int:
    """Upload every page file and example picture, and remove what is no longer part of them; the number of files."""
    s3 = boto3.client("s3")
    files = {path.relative_to(pages).as_posix(): path for path in pages.rglob("*") if path.is_file()}
    files |= {f"examples/{path.name}": path for path in EXAMPLES.glob("*.jpg")}
    bodies = {key: _body(path, to) for key, path in files.items()}
    for folder in FOLDERS:
        bodies[folder] = bodies[f"{folder}index.html"]
    # Pages last: what they refer to is there before they are.
    for key in sorted(bodies, key=lambda key: (_is_page(key), key)):
        s3.put_object(
            Bucket=to.bucket,
            Key=key,
            Body=bodies[key],
            ContentType=_content_type(key),
            CacheControl=_cache_control(key),
        )
    for listing in s3.get_paginator("list_objects_v2").paginate(Bucket=to.bucket):
        for found in listing.get("Contents", []):
            # A page opened before this moment may still ask for its hashed files: they stay.
            if found["Key"] not in bodies and not HASHED.search(found["Key"]):
                s3.delete_object(Bucket=to.bucket, Key=found["Key"])
    if to.distribution:
        _forget_cached(to.distribution)
    return len(bodies)


def _body(path: Path, to: Destination) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".html":
        content = content.replace(b"__CONNECT_SRC__", " ".join(to.connect).encode())
        content = content.replace(b"__IMG_SRC__", " ".join(to.images).encode())
    return content


def _is_page(key: str) -> bool:
    return key.endswith((".html", "/"))


def _content_type(key: str) -> str:
    if _is_page(key):
        return "text/html; charset=utf-8"
    kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if Path(key).suffix in TEXT else kind


def _cache_control(key: str) -> str:
    if _is_page(key):
        return "no-cache"
    if HASHED.search(key):
        return "public, max-age=31536000, immutable"
    return "public, max-age=3600"


def _forget_cached(distribution: str) -> None:
    """Let CloudFront fetch anew what may have changed under the same name."""
    boto3.client("cloudfront").create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": str(time.time_ns()),
        },
    )
