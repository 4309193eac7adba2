"""The media bucket on S3: objects written from streams with bounded memory, read here and there, linked to."""

import hashlib
import io
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from botocore.exceptions import ClientError

from klingway.use_cases.ports import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES: Final = 32 * 1024 * 1024
"""The buffer: an object up to this size is one PutObject, a larger one is sent in parts of it (at most 10,000)."""

_BLOCK_BYTES: Final = 256 * 1024
_GONE: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED}


class S3MediaBucket:
    """One bucket."""

    def __init__(self, client: Callable[[], "S3Client"], name: str) -> None:
        """`client` is called at the first use: making one takes its time, and many an event needs none."""
        self._make_client = client
        self._name = name
        self._fresh: dict[str, bytes] = {}
        """The object written last, if it was small: it is measured at once, and need not be read back for that."""

    @cached_property
    def _client(self) -> "S3Client":
        return self._make_client()

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self._name

    def store(self, key: str, chunks: Iterator[bytes], *, content_type: str) -> StoredObject:
        """Write an object from a stream; one that raises leaves nothing behind.

        What fits into one part makes one call.
        """
        self._fresh = {}
        digest = hashlib.sha256()
        parts = _parts(chunks, digest, PART_BYTES)
        lead = deque(islice(parts, 2))
        if len(lead) < 2:  # noqa: PLR2004 - all of it, or nothing at all
            body = lead[0] if lead else b""
            self._client.put_object(Bucket=self._name, Key=key, Body=body, ContentType=content_type)
            self._fresh = {key: body}
            return StoredObject(len(body), digest.hexdigest())
        stored_bytes = self._store_in_parts(key, _drained(lead, parts), content_type)
        return StoredObject(stored_bytes, digest.hexdigest())

    def _store_in_parts(self, key: str, parts: Iterator[bytes], content_type: str) -> int:
        where: Any = {"Bucket": self._name, "Key": key}
        upload_id = self._client.create_multipart_upload(**where, ContentType=content_type)["UploadId"]
        etags: list[Any] = []
        stored_bytes = 0
        try:
            for number, part in enumerate(parts, start=1):
                answer = self._client.upload_part(**where, UploadId=upload_id, PartNumber=number, Body=part)
                etags.append({"PartNumber": number, "ETag": answer["ETag"]})
                stored_bytes += len(part)
            self._client.complete_multipart_upload(**where, UploadId=upload_id, MultipartUpload={"Parts": etags})
        except BaseException:
            self._client.abort_multipart_upload(**where, UploadId=upload_id)
            raise
        return stored_bytes

    def copy(self, key: str, to: str) -> None:
        """Copy an object within the bucket, its content type with it: one call, up to 5 GB (S3's bound)."""
        source: Any = {"Bucket": self._name, "Key": key}
        self._client.copy_object(Bucket=self._name, Key=to, CopySource=source)

    def open(self, key: str, size_bytes: int) -> BinaryIO:
        """Open an object for reading here and there; a large one is read in blocks, as far as it is looked at."""
        fresh = self._fresh.pop(key, None)
        if fresh is not None:
            return io.BytesIO(fresh)
        reader = _ObjectReader(self._client, self._name, key, size_bytes)
        return cast("BinaryIO", io.BufferedReader(reader, _BLOCK_BYTES))

    def read(self, key: str, *, at_most_bytes: int, etag: str | None) -> bytes | None:
        """Return an object, or as much of its beginning; None where it is gone, or not the one of this ETag any more."""
        condition: Any = {} if etag is None else {"IfMatch": etag}
        try:
            body = self._client.get_object(Bucket=self._name, Key=key, **condition)["Body"]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in _GONE:
                return None
            raise
        with body:
            data: bytes = body.read(at_most_bytes)
        return data

    def delete_all(self, prefix: str) -> None:
        """Delete every object whose key begins so; where there is none, that is no mistake.

        Raises:
            OSError: Some could not be deleted.
        """
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
        for page in pages:  # of a thousand at most, as many as are deleted in one call
            keys: Any = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if not keys:
                continue
            answer = self._client.delete_objects(Bucket=self._name, Delete={"Objects": keys, "Quiet": True})
            if failed := answer.get("Errors"):
                raise OSError(f"{len(failed)} of {len(keys)} objects were not deleted: {failed[0].get('Code')}")

    def link(self, key: str, *, expires_s: int, download_name: str | None = None) -> str:
        """Return a signed address of an object for anybody to read; no call is made."""
        params: dict[str, Any] = {"Bucket": self._name, "Key": key}
        if download_name is not None:
            params["ResponseContentDisposition"] = f'inline; filename="{download_name}"'
        return self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=expires_s)


def _parts(chunks: Iterator[bytes], digest: Any, part_bytes: int) -> Iterator[bytes]:  # noqa: ANN401 - hashlib's own type
    """Yield the stream in parts of `part_bytes`, the last one shorter, each hashed as it passes."""
    waiting: list[bytes] = []
    waiting_bytes = 0
    for chunk in chunks:
        digest.update(chunk)
        rest = memoryview(chunk)
        while waiting_bytes + len(rest) > part_bytes:
            fits = part_bytes - waiting_bytes
            yield b"".join([*waiting, rest[:fits]])
            rest = rest[fits:]
            waiting, waiting_bytes = [], 0
        if rest:
            waiting.append(bytes(rest))
            waiting_bytes += len(rest)
    if waiting:
        yield b"".join(waiting)


def _drained(lead: deque[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the parts taken in advance, letting go of each, then the rest."""
    while lead:
        yield lead.popleft()
    yield from rest


class _ObjectReader(io.RawIOBase):
    """An object as a file: each read is a ranged GET."""

    def __init__(self, client: "S3Client", bucket: str, key: str, size_bytes: int) -> None:
        self._client, self._bucket, self._key, self._size_bytes = client, bucket, key, size_bytes
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        wanted = min(len(buffer), self._size_bytes - self._position)
        if wanted <= 0:
            return 0
        span = f"bytes={self._position}-{self._position + wanted - 1}"
        data = self._client.get_object(Bucket=self._bucket, Key=self._key, Range=span)["Body"].read()
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
