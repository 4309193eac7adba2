"""From a body to a request: every problem at once, each with its place, its limit and what would be accepted.

Three layers, all of them always run: types and ranges (the model), rules between fields (`rules`), and what a provider's
model allows (`provider_problems`, the one validator over every profile).
"""

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError

from klingway.domain.capabilities import (
    Capability,
    Confidence,
    Limit,
    ModelProfile,
    ProviderProfile,
    given_capabilities,
)
from klingway.domain.errors import MOST_PROBLEMS, Problem
from klingway.domain.ids import Kind
from klingway.domain.measures import GAUGES, Trait, traits_of
from klingway.domain.request import REQUESTS, AnyRequest
from klingway.domain.rules import broken_rules

MAX_DEPTH: Final = 32
"""Of the free parts of a request: whatever is accepted can be written down again."""


class Read(NamedTuple):
    """What reading a body came to."""

    request: AnyRequest
    """With the sound fields alone, so that everything else can be checked on these in the same answer."""
    problems: list[Problem]
    """Every problem that holds whoever the provider is."""
    broken: frozenset[str]
    """The fields that are wrong by themselves: what depends on one of them is not known."""


def read_request(kind: Kind, body: Mapping[str, Any]) -> Read:
    """Read the body of `POST /v1/videos`, or of `/v1/images`; any JSON object will do, no exception comes of it."""
    model = REQUESTS[kind]
    problems = [problem for name, value in body.items() if (problem := unwritable(name, value)) is not None]
    broken = {name for name, value in body.items() if unwritable(name, value) is not None}
    writable = {name: value for name, value in body.items() if name not in broken}
    try:
        return _read(model.model_validate(writable), problems, frozenset(broken))
    except ValidationError as error:
        problems += problems_of(error, model)
        broken |= {str(detail["loc"][0]) for detail in error.errors()}
    sound = {name: value for name, value in body.items() if name not in broken}
    return _read(model.model_validate(sound), problems, frozenset(broken))


def _read(request: AnyRequest, problems: list[Problem], broken: frozenset[str]) -> Read:
    return Read(request, problems + broken_rules(request, broken), broken)


def unwritable(name: str, value: object) -> Problem | None:
    """Return why a field cannot be written down again as JSON: half characters, endless numbers, bottomless depth."""
    waiting: list[tuple[object, int]] = [(name, 0), (value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if isinstance(part, str) and not _is_unicode(part):
            return _unwritable_problem(name, "wrong_form", "has half a surrogate pair, which is no character")
        if isinstance(part, float) and not math.isfinite(part):
            return _unwritable_problem(name, "wrong_form", "has a number that is not finite")
        if depth > MAX_DEPTH:
            return _unwritable_problem(name, "too_deep", f"is nested more than {MAX_DEPTH} deep")
        if isinstance(part, dict):
            waiting += [(inner, depth + 1) for pair in part.items() for inner in pair]
        elif isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part]
    return None


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _unwritable_problem(name: str, code: str, words: str) -> Problem:
    place = _shortened(name.encode(errors="backslashreplace").decode())
    return Problem(field=place, code=code, message=f"{place} {words}.")


def provider_problems(
    request: AnyRequest, profile: ProviderProfile, broken: frozenset[str] = frozenset()
) -> list[Problem]:
    """Return everything in a request that a provider's model cannot do; an empty list means that it can.

    What depends on a field that is broken by itself is not known, and not said.
    """
    if "model" in broken:
        return list(_option_problems(request, profile, None, broken))
    name = request.asked_model
    models = profile.models_of(request.kind)
    model = models.get(name)
    if model is None:
        known = sorted(models)
        message = f"{profile.name} makes no {request.kind} with {name}; there it has {_listed(known)}."
        return [Problem(field="model", code="unsupported", message=message, limit=known)]
    problems = [
        Problem(
            field=place,
            code="unsupported",
            message=f"{name} on {profile.name} does not take {capability.value}." + _taken_by(capability, models),
            source=model.source,
        )
        for capability, place in given_capabilities(request).items()
        if capability not in model.supports
    ]
    reported = {problem.field for problem in problems}
    traits = traits_of(request)
    for limit in model.limits:
        if limit.reads & broken or not limit.applies_to(traits, profile.rules_as_of):
            continue
        for place, value in limit.measured(request):
            if place not in reported and not limit.allows(value):
                reported.add(place)
                problems.append(_beyond(limit, place, value, f"{name} on {profile.name}"))
    return [*problems, *_option_problems(request, profile, model, broken)]


def doubts_of(request: AnyRequest, profile: ProviderProfile) -> list[str]:
    """Return what in a request a provider's model may not do, in words; empty where all that it does is certain."""
    model = profile.models_of(request.kind).get(request.asked_model)
    if model is None:
        return []
    doubtful = [
        capability.value
        for capability in given_capabilities(request)
        if model.supports.get(capability) is Confidence.DOUBTFUL
    ]
    traits = traits_of(request)
    beyond = (
        f"{limit.of.value}{_circumstances(limit.when, limit.unless)}"
        for limit in model.doubts
        if limit.applies_to(traits, profile.rules_as_of)
        and any(not limit.allows(value) for _, value in limit.measured(request))
    )
    return [*doubtful, *beyond]


def _option_problems(
    request: AnyRequest, profile: ProviderProfile, model: ModelProfile | None, broken: frozenset[str]
) -> Iterator[Problem]:
    """Yield what is wrong with a provider's own options; of a model that is not known, only what no model of its has."""
    given = (request.provider_options or {}).get(profile.name, {})
    known = sorted(profile.options)
    within = f"provider_options.{profile.name}"
    for option in given:
        if option not in profile.options:
            message = f"{profile.name} has no option {_shortened(option)!r}; " + (
                f"it has {_listed(known)}." if known else "it has none."
            )
            place = f"{within}.{_shortened(option)}"
            yield Problem(field=place, code="unknown_field", message=message, limit=known)
    if model is None or any(options.reads & broken for options in model.options):
        return
    traits = traits_of(request)
    fitting = next((options for options in model.options if options.fits(traits)), None)
    own = fitting.names if fitting is not None else frozenset[str]()
    for option in given:
        if option in profile.options and option not in own:
            said = f"{request.asked_model} on {profile.name}"
            message = f"{option}: {said} does not take it here" + _taken_when(option, model, request, profile)
            yield Problem(field=f"{within}.{option}", code="unsupported", message=message, source=model.source)
    if fitting is not None:
        try:
            fitting.schema.model_validate({name: value for name, value in given.items() if name in own})
        except ValidationError as error:
            yield from problems_of(error, fitting.schema, within=within)


def _taken_when(option: str, model: ModelProfile, request: AnyRequest, profile: ProviderProfile) -> str:
    """Return when a model takes an option, else which models do."""
    if sets := [options for options in model.options if option in options.names]:
        return f"; it does{_circumstances(sets[0].when, sets[0].unless)}."
    able = [
        name
        for name, other in profile.models_of(request.kind).items()
        if any(option in options.names for options in other.options)
    ]
    return f"; there, {_listed(able)} {'does' if len(able) == 1 else 'do'}." if able else "."


def _taken_by(capability: Capability, models: Mapping[str, ModelProfile]) -> str:
    able = [name for name, model in models.items() if capability in model.supports]
    return f" There, {_listed(able)} {'does' if len(able) == 1 else 'do'}." if able else ""


def _beyond(limit: Limit, place: str, value: object, who: str) -> Problem:
    where = _circumstances(limit.when, limit.unless)
    if limit.one_of is not None:
        code = "not_one_of" if limit.one_of else "excluded"
        allowed = f"takes {_listed(limit.one_of)}"
    elif limit.pattern is not None:
        code, allowed = "wrong_form", f"takes what matches {limit.pattern}"
    else:
        below, above = GAUGES[limit.of].beyond
        code = above if limit.maximum is not None and value > limit.maximum else below  # type: ignore[operator] # bounds belong to numbers
        bounds = {"at least": limit.minimum, "at most": limit.maximum}
        allowed = "takes " + " and ".join(f"{words} {bound}" for words, bound in bounds.items() if bound is not None)
    if limit.one_of == () or limit.maximum == 0:
        thing = limit.of.value.removeprefix("number of ")
        message = f"{who}{where} takes no {thing}."
        return Problem(field=place, code=code, message=message, limit=limit.to_json(), source=limit.source)
    said = value if isinstance(value, (int, str)) and not isinstance(value, bool) else "set"
    return Problem(
        field=place,
        code=code,
        message=f"{limit.of.value}: {who}{where} {allowed}; here it is {said}.",
        limit=limit.to_json(),
        source=limit.source,
    )


def _circumstances(when: Iterable[Trait], unless: Iterable[Trait]) -> str:
    circumstances = [f"with {trait.value}" for trait in sorted(when)]
    circumstances += [f"without {trait.value}" for trait in sorted(unless)]
    return f" {_listed(circumstances)}" if circumstances else ""


# What pydantic calls its findings, in the words of a problem answer.
_CODES: Mapping[str, str] = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "literal_error": "not_one_of",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_few",
    "string_pattern_mismatch": "wrong_form",
}
_RULES: Final = frozenset({"excluded", "incomplete"})
"""The rules between its fields that a model checks by itself; what they say follows the place."""
_NUMBERS_OF_SECONDS = {"too_small": "too_short", "too_large": "too_long"}
_JSON_NAMES: Mapping[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_SCHEMA_NAMES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_BOUNDS = {
    "minimum": "min",
    "maximum": "max",
    "minLength": "min_chars",
    "maxLength": "max_chars",
    "minItems": "min_items",
    "maxItems": "max_items",
}


def problems_of(error: ValidationError, model: type[BaseModel], *, within: str = "") -> list[Problem]:
    """Return what is wrong with a model's fields, one problem a place; `within` is where the model itself stands.

    No more are looked for than `expect_none` needs to see that they are too many to be told.
    """
    found: dict[str, Problem] = {}
    for detail in error.errors(include_url=False, include_context=False):
        if len(found) > MOST_PROBLEMS:
            break
        loc = _without_tags(detail["loc"], model, keeps_last=detail["type"] == "extra_forbidden")
        place = _place((within, *loc) if within else loc)
        if detail["type"] in _RULES:
            problem = Problem(field=place, code=detail["type"], message=f"{place} {detail['msg']}.")
        else:
            problem = _problem_of(detail["type"], loc, detail["input"], place, model)
        found[place] = problem  # of alternatives the last, which is the one that is told of
    return list(found.values())


def _problem_of(kind: str, loc: tuple[int | str, ...], value: object, place: str, model: type[BaseModel]) -> Problem:
    code = _CODES.get(kind, "wrong_type")
    if code == "unknown_field":
        known = sorted(_schema_at(model, loc[:-1]).get("properties", {}))
        close = difflib.get_close_matches(_shortened(str(loc[-1])), known, n=1)
        message = f"there is no field {place!r}" + (
            f"; did you mean {close[0]!r}?" if close else f"; known here: {_listed(known)}."
        )
        return Problem(field=place, code=code, message=message, limit=known)
    schema = _schema_at(model, loc)
    accepted = _accepted(schema)
    if place.endswith("duration_s"):
        code = _NUMBERS_OF_SECONDS.get(code, code)
    if code == "required":
        return Problem(field=place, code=code, message=f"{place} is required: {accepted}.", limit=_limit(schema))
    is_other_type = code == "wrong_type" and not isinstance(value, float)
    here = _JSON_NAMES.get(type(value), "something else") if is_other_type else _shown(value)
    return Problem(
        field=place, code=code, message=f"{place} must be {accepted}; here it is {here}.", limit=_limit(schema)
    )


def _without_tags(loc: tuple[int | str, ...], model: type[BaseModel], *, keeps_last: bool) -> tuple[int | str, ...]:
    """Return a place without the names that pydantic gives to the alternatives of a field: `count`, not `count.int`."""
    kept: list[int | str] = []
    for number, part in enumerate(loc):
        schema = _schema_at(model, kept)
        is_key = part in schema.get("properties", {}) or bool(schema.get("additionalProperties"))
        if isinstance(part, int) or is_key or (keeps_last and number == len(loc) - 1):
            kept.append(part)
    return tuple(kept)


def _place(loc: tuple[int | str, ...]) -> str:
    place = ""
    for part in loc:
        name = part if isinstance(part, int) else _shortened(part)
        place += f"[{part}]" if isinstance(part, int) else f".{name}" if place else f"{name}"
    return place


def _shortened(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:61]}..."  # noqa: PLR2004 - a name's worth


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else f"{len(value)} characters"  # noqa: PLR2004 - a line's worth
    if isinstance(value, (list, dict)):
        return f"{len(value)} items"
    return _shortened(str(value))


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(model: type[BaseModel], loc: Sequence[int | str]) -> dict[str, Any]:
    """Return the JSON schema of the place `loc`; {} where the schema ends before it."""
    root = _schema_of(model)
    node = root
    for part in loc:
        node = _sound(node, root)
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
    return _sound(node, root)


def _sound(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow references, and of several alternatives take the last that is not null: a list rather than its short form."""
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            node = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
        else:
            node = next(option for option in reversed(node["anyOf"]) if option.get("type") != "null")
    return node


def _limit(schema: dict[str, Any]) -> Any:  # noqa: ANN401 - a list of values or a range
    if "enum" in schema:
        return schema["enum"]
    if "const" in schema:
        return [schema["const"]]
    return {name: schema[key] for key, name in _BOUNDS.items() if key in schema} or None


def _accepted(schema: dict[str, Any]) -> str:
    if values := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return "one of " + ", ".join(repr(value) for value in values)
    words = _SCHEMA_NAMES.get(schema.get("type", ""), "a value of the documented form")
    if "pattern" in schema:
        words += f" matching {schema['pattern']}"
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        if low in schema and high in schema:
            words += f" of {schema[low]} to {schema[high]}{unit}" if unit else f" from {schema[low]} to {schema[high]}"
        elif high in schema:
            words += f" of at most {schema[high]}{unit}"
        elif low in schema:
            words += f" of at least {schema[low]}{unit}"
    return words


def _listed(values: Sequence[object]) -> str:
    words = [str(value) for value in values]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "none"
