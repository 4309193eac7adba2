"""What APIMart's pages say between the fields of a create: what excludes what, what is required with what, what is ignored."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from klingway.domain.errors import Problem
from klingway.providers.apimart.profile import OMNI_PAGE, V3_PAGE
from klingway.providers.apimart.schema import DEFAULT_DURATION_S, Create, OmniCreate
from klingway.providers.apimart.spelling import Names

_PAGES: Final[Mapping[str, str]] = {"kling-v3": V3_PAGE, "kling-v3-omni": OMNI_PAGE}
_KLINGS_OWN: Final = "Kling's API specification: with shot_type intelligence, prompt is required"


def ignored(create: Create) -> dict[str, str]:
    """Return the fields that are given and count for nothing, each with the reason.

    The pages say so of `audio`. They are silent about the others: there it is Kling's API specification that has `shot_type`
    and `multi_prompt` ignored without `multi_shot`, `prompt` with given shots, and `duration` for a video to edit. `size` is
    the other name of `aspect_ratio`.
    """
    video, edit = (create.video_list, create.is_edit) if isinstance(create, OmniCreate) else (None, False)
    reasons = {
        "audio": "with video_list" if video else None,
        "size": "with aspect_ratio" if create.aspect_ratio else None,
        "duration": "with a video of refer_type base, whose own length is kept" if edit else None,
        "shot_type": None if create.multi_shot else "without multi_shot",
        "multi_prompt": _why_no_shots(create),
        "prompt": "with shot_type customize, where each shot has its own" if create.is_customized else None,
    }
    return {field: why for field, why in reasons.items() if why is not None and field in create.model_fields_set}


def _why_no_shots(create: Create) -> str | None:
    if not create.multi_shot:
        return "without multi_shot"
    return "with shot_type intelligence, which splits prompt by itself" if create.shot_type == "intelligence" else None


def problems_of(create: Create, ignored: Collection[str], names: Names) -> Iterator[Problem]:
    """Yield everything in which the fields of a create do not go together, at its place on the page.

    Args:
        create: What was asked for.
        ignored: Its fields that count for nothing: what they say is not judged.
        names: Of its elements.
    """
    page = _PAGES[create.model]
    yield from _shots(create, page)
    yield from _prompt(create, page)
    yield from _element_names(create)
    yield from _called_elements(create, ignored, names)
    if isinstance(create, OmniCreate):
        yield from _images(create)
        yield from _frames(create)


def _shots(create: Create, page: str) -> Iterator[Problem]:
    """`shot_type` and `multi_prompt` are required; "index must start from 1"; "sum … must equal top-level duration"."""
    if create.multi_shot and create.shot_type is None:
        message = "shot_type is required when multi_shot is true: one of 'customize', 'intelligence'."
        yield Problem(field="shot_type", code="required", message=message, source=page)
    if not create.is_customized:
        return
    if create.multi_prompt is None:
        message = "multi_prompt is required when multi_shot is true and shot_type is customize: 1 to 6 shots."
        yield Problem(field="multi_prompt", code="required", message=message, source=page)
        return
    whole_s = create.duration if create.duration is not None else DEFAULT_DURATION_S
    longer = []
    for number, shot in enumerate(create.multi_prompt, start=1):
        place = f"multi_prompt[{number - 1}]"
        if shot.index != number:
            message = (
                f"index must start from 1 and increase continuously: here it must be {number}, and is {shot.index}."
            )
            yield Problem(field=f"{place}.index", code="not_the_next", message=message, limit=number, source=page)
        if shot.duration > whole_s:
            message = f"a shot cannot exceed duration, which is {whole_s}; here it is {shot.duration}."
            longer.append(
                Problem(
                    field=f"{place}.duration", code="too_long", message=message, limit={"max": whole_s}, source=page
                )
            )
    yield from longer
    total_s = sum(shot.duration for shot in create.multi_prompt)
    if total_s != whole_s and not longer:
        given = "is" if create.duration is not None else "is by default"
        message = f"the shots add up to {total_s}, and must add up to duration, which {given} {whole_s}."
        yield Problem(field="duration", code="not_the_sum", message=message, limit=total_s, source=page)


def _prompt(create: Create, page: str) -> Iterator[Problem]:
    """On kling-v3, "when multi_shot=true, top-level prompt can be omitted"; for `intelligence` there is nothing else then."""
    if create.prompt is not None:
        return
    if not create.multi_shot:
        message = "prompt is required; it can be left out when multi_shot is true alone."
        yield Problem(field="prompt", code="required", message=message, source=page)
    elif create.shot_type == "intelligence":
        message = "prompt is required with shot_type intelligence, which splits it into shots."
        yield Problem(field="prompt", code="required", message=message, source=_KLINGS_OWN)


def _images(create: OmniCreate) -> Iterator[Problem]:
    """`image_urls` and `image_with_roles` are mutually exclusive."""
    if create.image_urls and create.image_with_roles:
        message = "image_urls and image_with_roles are mutually exclusive; give all images in one of them."
        yield Problem(field="image_with_roles", code="excluded", message=message, source=OMNI_PAGE)


def _frames(create: OmniCreate) -> Iterator[Problem]:
    """A last frame alone "is invalid"; "start/end frames and video edit are mutually exclusive"."""
    firsts: dict[str, int] = {}
    for index, image in enumerate(create.image_with_roles or []):
        firsts.setdefault(image.role, index)
    for index, image in enumerate(create.image_with_roles or []):
        role, place = image.role, f"image_with_roles[{index}].role"
        if role == "reference":
            continue
        if create.is_edit:
            message = f"a {role} is not allowed with a video of refer_type base (or omitted); give it as reference."
            yield Problem(field=place, code="excluded", message=message, source=OMNI_PAGE)
        elif role == "last_frame" and "first_frame" not in firsts:
            message = "a last_frame without a first_frame is invalid; give both."
            yield Problem(field=place, code="needs_first_frame", message=message, source=OMNI_PAGE)
        elif firsts[role] != index:
            message = f"only one image can be the {role}; image_with_roles[{firsts[role]}] is it already."
            yield Problem(field=place, code="too_many", message=message, limit={"max": 1}, source=OMNI_PAGE)


def _element_names(create: Create) -> Iterator[Problem]:
    """Prompts call elements by name, so that two of one name are one too many."""
    names = [element.name for element in create.element_list or []]
    for index, name in enumerate(names):
        if names.index(name) != index:
            message = f"element_list[{names.index(name)}] is called {name!r} already; give each element its own name."
            yield Problem(field=f"element_list[{index}].name", code="repeated", message=message)


def _called_elements(create: Create, ignored: Collection[str], names: Names) -> Iterator[Problem]:
    """Prompts use "@name" for elements that are given."""
    prompts = {"prompt": create.prompt} if create.prompt is not None and "prompt" not in ignored else {}
    if "multi_prompt" not in ignored:
        shots = create.multi_prompt or []
        prompts |= {f"multi_prompt[{index}].prompt": shot.prompt for index, shot in enumerate(shots)}
    given = ", ".join(f"@{element.name}" for element in create.element_list or []) or "none"
    for place, prompt in prompts.items():
        for word in names.unknown(prompt):
            message = f"@{word} calls no element of element_list; there are: {given}."
            yield Problem(field=place, code="unknown_reference", message=message, source=_PAGES[create.model])
