"""Requests of the documents with something done to them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.odd_values import ADDRESSES, LONG, REFERENCES, anything, deep, scalars

Draw = Callable[[st.SearchStrategy[Any]], Any]
Place = tuple[Any, Any]
"""An object or a list of a body, and a name or an index in it."""

HOW_MANY = (0, 1, 1, 1, 2, 2, 3, 5)
DEPTHS = (1, 2, 30, 200, 600)
LENGTHS = (2, 3, 7, 8, 11)
FLOOD_ITEMS, FLOOD_CHARS, FLOOD_FIELDS = 10_000, 200_000, 500
MAX_CHARS = 1_000_000
"""That a list is stretched to: enough to hurt whatever takes its time over each item."""
NAMES = (
    "prompt", "model", "provider", "images", "shots", "duration_s", "sound", "provider_options", "metadata", "webhook",
    "callback_url", "external_task_id",
    "seed", "n", "__proto__", "", " ", "\x00", "\ud800", "a.b", "a[0]", "\u0430spect_ratio", "x" * 70_000,
)  # fmt: skip
"""Of fields that others have: ours, and those that nobody has."""


def places_of(body: Any) -> list[Place]:
    """Return every place of a body but the body itself."""
    found: list[Place] = []
    waiting = [body]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(min(len(node), 20))
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], (dict, list)):
                waiting.append(node[key])
    return found


def _drop(_: Draw, within: Any, key: Any, __: Pool) -> None:
    del within[key]


def _retype(draw: Draw, within: Any, key: Any, _: Pool) -> None:
    within[key] = draw(anything)


def _retell(_: Draw, within: Any, key: Any, __: Pool) -> None:
    """Say the same in another type: 5 as "5", "on" as true."""
    value = within[key]
    if isinstance(value, bool):
        within[key] = str(value).lower()
    elif isinstance(value, int):
        within[key] = str(value)
    elif isinstance(value, str):
        within[key] = int(value) if value.isdecimal() and len(value) < 20 else [value]
    elif isinstance(value, list):
        within[key] = value[0] if value else ""
    else:
        within[key] = [value]


def _nest(draw: Draw, within: Any, key: Any, _: Pool) -> None:
    within[key] = deep(within[key], draw(st.sampled_from(DEPTHS)), in_lists=draw(st.booleans()))


def _stretch(draw: Draw, within: Any, key: Any, _: Pool) -> None:
    """Make a text or a list as long as limits are, and a little longer."""
    value = within[key]
    if isinstance(value, str):
        within[key] = _repeated(value or "x", draw(st.sampled_from(LONG)))
    else:
        within[key] = _several(value, draw(st.sampled_from(LENGTHS)))


def _flood(_draw: Draw, within: Any, key: Any, _: Pool) -> None:
    """Make a text or a list longer than anybody expects; nothing is done to a body after that."""
    value = within[key]
    if isinstance(value, str):
        within[key] = _repeated(value or "x", FLOOD_CHARS)
    elif isinstance(value, dict):
        within[key] = {f"{name}{number}": part for name, part in value.items() for number in range(FLOOD_FIELDS)}
    else:
        within[key] = _several(value, min(FLOOD_ITEMS, MAX_CHARS // max(1, _size_of(value))))


def _repeated(text: str, length: int) -> str:
    return (text * (length // len(text) + 1))[:length]


def _several(value: Any, length: int) -> list[Any]:
    items = value if isinstance(value, list) and value else [value]
    return [copy.copy(items[number % len(items)]) for number in range(length)]


def _size_of(value: Any) -> int:
    """Return about how many characters of JSON a value is."""
    size, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        size += len(part) if isinstance(part, str) else 4
        if isinstance(part, (dict, list)):
            waiting += part.values() if isinstance(part, dict) else part
    return size


def _double(draw: Draw, within: Any, key: Any, _: Pool) -> None:
    if isinstance(within, list):
        within.insert(key, within[key])
    else:
        within[_misspelt(draw, key)] = within[key]


def _rename(draw: Draw, within: Any, key: Any, _: Pool) -> None:
    if isinstance(within, dict):
        within[_misspelt(draw, key)] = within.pop(key)
    else:
        within.reverse()


def _misspelt(draw: Draw, name: str) -> str:
    head, _, tail = name.partition("_")
    ways = (
        name.upper(),
        name.title(),
        head + tail.title(),
        name + "s",
        name[1:],
        f" {name}",
        f"{name}\x00",
        name + "[]",
    )
    return draw(st.sampled_from((*ways, *NAMES)))


def _add(draw: Draw, within: Any, _: Any, __: Pool) -> None:
    if isinstance(within, dict):
        within[draw(st.sampled_from(NAMES))] = draw(anything)
    else:
        within.append(draw(anything))


def _graft(draw: Draw, within: Any, key: Any, pool: Pool) -> None:
    """Put what another request has at such a place in the place of what is here, or beside it."""
    if isinstance(within, dict):
        siblings = pool.beside(within)
        if siblings:
            name, value = draw(st.sampled_from(siblings))
            within[name] = copy.deepcopy(value)
    else:
        within[key] = copy.deepcopy(draw(st.sampled_from(pool.items or [None])))


def _refer(draw: Draw, within: Any, key: Any, _: Pool) -> None:
    """Put a reference, or an address, in the place of a text, or around it."""
    value = within[key]
    if not isinstance(value, str):
        within[key] = draw(scalars)
    elif "://" in value:
        within[key] = draw(st.sampled_from(ADDRESSES))
    else:
        reference = draw(st.sampled_from(REFERENCES))
        within[key] = draw(st.sampled_from((reference, f"{reference} {value}", f"{value}{reference}{reference}")))


@dataclass(frozen=True)
class Pool:
    """What the documents' requests have, by where they have it."""

    fields: Mapping[str, Sequence[tuple[str, Any]]]
    """By the name of any field beside it."""
    items: Sequence[Any]

    def beside(self, siblings: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
        """Return the fields that other requests have beside one of these."""
        return next((self.fields[name] for name in siblings if name in self.fields), ())


def pool_of(bodies: Sequence[Any]) -> Pool:
    """Return what can be grafted from these bodies."""
    beside: dict[str, dict[str, tuple[str, Any]]] = {}
    items: dict[str, Any] = {}
    for body in bodies:
        for node in _nodes(body):
            if isinstance(node, dict):
                for name in node:
                    beside.setdefault(name, {}).update({repr(pair): pair for pair in node.items()})
            else:
                items.update({repr(item): item for item in node})
    return Pool({name: list(pairs.values()) for name, pairs in beside.items()}, list(items.values()))


def _nodes(body: Any) -> Iterator[Any]:
    if isinstance(body, (dict, list)):
        yield body
        for part in body.values() if isinstance(body, dict) else body:
            yield from _nodes(part)


_GENTLE = (_graft, _graft, _graft, _graft, _drop, _refer, _refer, _retell)
_ROUGH = (_drop, _retype, _retype, _retell, _nest, _stretch, _double, _rename, _add, _refer, _graft)


@st.composite
def mutated(
    draw: Draw, good: Sequence[Mapping[str, Any]], bad: Sequence[Mapping[str, Any]], pool: Pool
) -> dict[str, Any]:
    """Return one of these bodies with a few things done to it, or none; mostly one that was good."""
    body = copy.deepcopy(dict(draw(st.sampled_from(draw(st.sampled_from((good, good, good, bad)))))))
    mutations = draw(st.sampled_from((_GENTLE, _GENTLE, _ROUGH)))
    for _ in range(draw(st.sampled_from(HOW_MANY))):
        places = places_of(body)
        if not places:
            break
        within, key = draw(st.sampled_from(places))
        draw(st.sampled_from(mutations))(draw, within, key, pool)
    if mutations is _ROUGH and (places := places_of(body)) and draw(st.sampled_from((True, *[False] * 9))):
        _flood(draw, *draw(st.sampled_from(places)), pool)
    return body
