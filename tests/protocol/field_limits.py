"""Walks the field types of a message: which bounds are said, and values at and beyond them."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import inspect

EVERYTHING_ELSE = (
    inspect.EnumType,
    inspect.BoolType,
    inspect.NoneType,
    inspect.LiteralType,
    inspect.StructType,
)


@dataclass(frozen=True)
class Limit:
    """Values that a field takes, and values that it must refuse."""

    field: str
    accepted: list[object]
    refused: list[object]


def unbounded_fields(message: type[msgspec.Struct]) -> list[str]:
    """Names of fields whose type sets no upper bound to what is parsed into them."""
    return [name for name, kind in _fields(message) if not _is_bounded(kind)]


def limits_of(message: type[msgspec.Struct]) -> Iterator[Limit]:
    """Limits of the fields that are numbers, texts or bytes with a greatest length."""
    for name, kind in _fields(message):
        match kind:
            case inspect.IntType(ge=int(least)) if (most := _greatest(kind)) is not None:
                beyond = [least - 1, most + 1, 2**31 + most, 2**63 + most, -(2**63)]
                yield Limit(name, [least, most], [*beyond, str(least), float(most), None])
            case inspect.StrType(max_length=int(most)):
                refused: list[object] = ["x" * (most + 1), 1, None, ["x"]]
                if kind.min_length:
                    refused.append("x" * (kind.min_length - 1))
                yield Limit(name, ["x" * most, "x" * (kind.min_length or 0)], refused)
            case inspect.BytesType(max_length=int(most)) if most <= 4096:
                too_short = [bytes(kind.min_length - 1)] if kind.min_length else []
                yield Limit(name, [bytes(most)], [bytes(most + 1), *too_short, 1, None])


def _fields(message: type[msgspec.Struct]) -> Iterator[tuple[str, inspect.Type]]:
    info = inspect.type_info(message)
    assert isinstance(info, inspect.StructType)
    return ((field.name, _plain(field.type)) for field in info.fields)


def _plain(kind: inspect.Type) -> inspect.Type:
    return _plain(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _greatest(kind: inspect.IntType) -> int | None:
    return kind.lt - 1 if kind.lt is not None else kind.le


def _is_bounded(kind: inspect.Type) -> bool:
    match kind:
        case inspect.IntType():
            return kind.ge is not None and _greatest(kind) is not None
        case inspect.StrType():
            return kind.max_length is not None or (kind.pattern or "").endswith(r"\Z")
        case inspect.BytesType():
            return kind.max_length is not None
        case inspect.VarTupleType():
            return kind.max_length is not None and _is_bounded(_plain(kind.item_type))
        case inspect.UnionType():
            return all(_is_bounded(_plain(one)) for one in kind.types)
        case _:
            return isinstance(kind, EVERYTHING_ELSE)
