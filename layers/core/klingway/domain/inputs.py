"""Media that callers give: links, objects in the gateway's own bucket, and pictures inline."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from klingway.domain.addresses import Flaw, flaw_of, length_problem, not_public_problem
from klingway.domain.errors import Problem
from klingway.domain.ids import Tenant
from klingway.domain.request import Element, Request, VideoRequest

MAX_INLINE_BYTES: Final = 4 * 1024 * 1024
"""Of one request, decoded; Lambda takes 6 MB of (Base64) body in all."""

MAX_INLINE_PICTURES: Final = 64
"""Of one request: more than any has a place for, and each is stored by itself."""

_DATA_URI = re.compile(r"^data:(?P<type>[a-z]+/[a-z0-9.+-]+)?(?:;[^,;]*)*;base64,", re.IGNORECASE)
_SIGNATURES: Final = {b"\xff\xd8\xff": ("image/jpeg", "jpg"), b"\x89PNG\r\n\x1a\n": ("image/png", "png")}
_S3 = re.compile(r"s3://(?P<bucket>[^/\s]+)/(?P<key>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture that came inside the request."""

    place: str
    data: bytes
    content_type: str
    extension: str


def stored_key(picture: InlineImage, tenant: Tenant) -> str:
    """Return where in the bucket a picture that came inline is stored: the same picture again is the same object."""
    return f"inputs/{tenant}/{hashlib.sha256(picture.data).hexdigest()}.{picture.extension}"


def stored_address(picture: InlineImage, tenant: Tenant, bucket: str) -> str:
    """Return the `s3://` address of a picture that came inline, once it is stored."""
    return f"s3://{bucket}/{stored_key(picture, tenant)}"


@dataclass(frozen=True, slots=True)
class BucketObject:
    """An object of the gateway's own bucket."""

    key: str


def allowed_prefixes(tenant: Tenant) -> tuple[str, str]:
    """Return the prefixes of the bucket that a tenant may name: what it gave and what was made for it."""
    return f"inputs/{tenant}/", f"results/{tenant}/"


def bucket_object(url: str) -> BucketObject | None:
    """Return the object that an `s3://` address names, None for any other address."""
    found = _S3.fullmatch(url)
    return BucketObject(found["key"]) if found else None


def inline_image(place: str, text: str) -> InlineImage | Problem | None:
    """Read a picture given inline, as a data URI or bare Base64; None where the text is an address.

    Kling takes jpg, jpeg and png (Kling's API specification, `image_list`).
    """
    if "://" in text[:64]:
        return None
    try:
        data = base64.b64decode(_DATA_URI.sub("", text, count=1), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    for signature, (content_type, extension) in _SIGNATURES.items():
        if data.startswith(signature):
            return InlineImage(place, data, content_type, extension)
    message = (
        f"{place} must be an https:// or s3:// address, or a jpg or png picture in Base64; here it is none of these."
    )
    return Problem(field=place, code="wrong_form", message=message)


def address_problem(place: str, url: str, *, bucket: str, tenant: Tenant) -> Problem | None:
    """Return what is wrong with an address: its form, its host, or a bucket or prefix that is not the caller's.

    A link is the provider's to fetch: it must lead nowhere but to the internet, and carry no credential of the caller.
    """
    if problem := length_problem(place, url):
        return problem
    found = _S3.fullmatch(url)
    if found and found["bucket"] == bucket and _is_within(found["key"], allowed_prefixes(tenant)):
        return None
    match flaw_of(url):
        case None:
            return None
        case Flaw.CREDENTIALS:
            message = f"{place} must not carry a user name or password; sign the address instead."
            return Problem(field=place, code="forbidden_address", message=message)
        case Flaw.NOT_PUBLIC:
            return not_public_problem(place, url)
        case Flaw.NO_LINK:
            allowed = [f"s3://{bucket}/{prefix}…" for prefix in allowed_prefixes(tenant)]
            code = "forbidden_address" if found else "wrong_form"
            message = f"{place} must be an https:// address, or one of {' and '.join(allowed)}."
            return Problem(field=place, code=code, message=message, limit=["https://…", *allowed])


def _is_within(key: str, prefixes: tuple[str, ...]) -> bool:
    """Tell whether a key lies under one of the prefixes, however somebody might resolve its dots."""
    return key.startswith(prefixes) and key.isprintable() and not {"", ".", ".."} & set(key.split("/"))


def media_places(body: Mapping[str, Any]) -> dict[str, str]:
    """Return every address in the body of a request by its place, `images[0].url` first.

    The body may be wrong elsewhere: its addresses are looked at all the same, so that one answer has every problem.
    """
    found: dict[str, object] = {
        f"images[{index}].url": image.get("url") for index, image in _objects(body.get("images"))
    }
    for index, element in _objects(body.get("elements")):
        images = element.get("images")
        for number, image in enumerate(images if isinstance(images, list) else []):
            found[f"elements[{index}].images[{number}]"] = image
        found[f"elements[{index}].video"] = element.get("video")
    for _, video in _objects([body.get("video")]):
        found["video.url"] = video.get("url")
    found |= dict(_masks(body))
    return {place: address for place, address in found.items() if isinstance(address, str) and address}


def _masks(body: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the pictures among a provider's own options: the masks of Kling's older models, at Kling or a relay."""
    given = body.get("provider_options")
    for provider, options in (given if isinstance(given, dict) else {}).items():
        if isinstance(options, dict):
            yield f"provider_options.{provider}.static_mask", options.get("static_mask")
            masks = options.get("dynamic_masks")
            for index, item in _objects(masks):
                yield f"provider_options.{provider}.dynamic_masks[{index}].mask", item.get("mask")


def _objects(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of what should be a list of them, each with its index."""
    for index, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield index, item


def is_picture(place: str) -> bool:
    """Tell whether a place that `media_places` names is a picture's, which may come inline, or a video's."""
    return not place.endswith("video") and not place.startswith("video")


SomeRequest = TypeVar("SomeRequest", bound=Request)


def with_addresses(request: SomeRequest, addresses: dict[str, str]) -> SomeRequest:
    """Return the request with other addresses at some of the places that `media_places` names."""
    update: dict[str, object] = {}
    if request.images is not None:
        update["images"] = [
            image.model_copy(update={"url": addresses.get(f"images[{index}].url", image.url)})
            for index, image in enumerate(request.images)
        ]
    if request.elements is not None:
        update["elements"] = [
            _element_with_addresses(element, f"elements[{index}]", addresses)
            for index, element in enumerate(request.elements)
        ]
    if isinstance(request, VideoRequest) and request.video is not None:
        update["video"] = request.video.model_copy(update={"url": addresses.get("video.url", request.video.url)})
    if request.provider_options is not None:
        update["provider_options"] = {
            provider: _options_with_addresses(options, f"provider_options.{provider}", addresses)
            for provider, options in request.provider_options.items()
        }
    return request.model_copy(update=update)


def _options_with_addresses(options: dict[str, Any], place: str, addresses: Mapping[str, str]) -> dict[str, Any]:
    changed = dict(options)
    if address := addresses.get(f"{place}.static_mask"):
        changed["static_mask"] = address
    masks = {
        index: item | {"mask": address}
        for index, item in _objects(options.get("dynamic_masks"))
        if (address := addresses.get(f"{place}.dynamic_masks[{index}].mask"))
    }
    if masks:
        changed["dynamic_masks"] = [masks.get(index, item) for index, item in enumerate(options["dynamic_masks"])]
    return changed


def _element_with_addresses(element: Element, place: str, addresses: Mapping[str, str]) -> Element:
    update: dict[str, object] = {}
    if element.images is not None:
        update["images"] = [
            addresses.get(f"{place}.images[{number}]", image) for number, image in enumerate(element.images)
        ]
    if element.video is not None:
        update["video"] = addresses.get(f"{place}.video", element.video)
    return element.model_copy(update=update) if update else element
