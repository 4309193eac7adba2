"""The bucket and the media's host in memory."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from klingway.use_cases.ports import MediaError, OpenedMedia, StoredObject


class InMemoryBucket:
    name = "media-bucket"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.deletion_fails = False

    def store(self, key: str, chunks: Iterator[bytes], *, content_type: str) -> StoredObject:
        data = b"".join(chunks)
        self.objects[key] = data
        self.types[key] = content_type
        return StoredObject(len(data), hashlib.sha256(data).hexdigest())

    def copy(self, key: str, to: str) -> None:
        self.objects[to] = self.objects[key]
        self.types[to] = self.types[key]

    def open(self, key: str, size_bytes: int) -> BinaryIO:
        return io.BytesIO(self.objects[key])

    def read(self, key: str, *, at_most_bytes: int, etag: str | None) -> bytes | None:
        data = self.objects.get(key)
        if data is None or etag not in {None, hashlib.md5(data, usedforsecurity=False).hexdigest()}:
            return None
        return data[:at_most_bytes]

    def delete_all(self, prefix: str) -> None:
        keys = [key for key in self.objects if key.startswith(prefix)]
        if self.deletion_fails:
            raise OSError(f"{len(keys)} of {len(keys)} objects were not deleted")
        for key in keys:
            del self.objects[key]

    def link(self, key: str, *, expires_s: int, download_name: str | None = None) -> str:
        return f"https://bucket.example/{key}?expires_s={expires_s}"


class ScriptedMedia:
    """A media host whose files are given by address; an exception in place of bytes is raised instead."""

    def __init__(self, files: dict[str, bytes | MediaError], content_type: str = "video/mp4") -> None:
        self.files = files
        self.content_type = content_type
        self.opened: list[str] = []

    @contextmanager
    def open(self, url: str) -> Iterator[OpenedMedia]:
        self.opened.append(url)
        data = self.files[url]
        if isinstance(data, MediaError):
            raise data
        yield OpenedMedia(self.content_type, iter([data]))
