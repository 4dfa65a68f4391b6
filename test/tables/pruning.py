"""Filters that readers skip files by: none may lose a row, and they must skip what they can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyiceberg.expressions import (
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    NotNull,
    StartsWith,
)
from pyiceberg.types import BooleanType, DoubleType, NestedField, StringType

from opened import Opened, Row, plain
from report import Report, differ

Test = Callable[[Any], bool]


@dataclass
class Filter:
    """A question for pyiceberg and for Python, and which ranges of values may hold an answer."""

    text: str
    expression: BooleanExpression
    holds: Test
    may_hold: Callable[[Any, Any], bool] | None = None


def check_pruning(report: Report, opened: Opened) -> None:
    """Every filter gives the rows of a full scan filtered afterwards, and plans no file in vain."""
    name, columns = opened.job["name"], [f for f in opened.table.schema().fields if f.field_type.is_primitive]
    asked = skipped = possible = 0
    skips: dict[str, int] = {}
    with report.guard(f"{name}: no filter on any column loses a row") as bad:
        for field in columns:
            for one in filters(field, opened):
                planned = {
                    t.file.file_path for t in opened.table.scan(row_filter=one.expression).plan_files()
                }
                needed = {
                    p for p, rows in opened.rows_of.items() if any(one.holds(r[field.name]) for r in rows)
                }
                bad += [f"{one.text} skips a file that holds such a row"] if needed - planned else []
                bad += same_rows(opened, field.name, one) if asked % 7 == 0 else []
                asked += 1
                skips[field.name] = skips.get(field.name, 0) + len(opened.tasks) - len(planned)
                if one.may_hold is not None:
                    useless = {p for p in opened.rows_of if not overlaps(opened.rows_of[p], field.name, one)}
                    possible += len(useless)
                    skipped += len(useless - planned)
    with report.guard(
        f"{name}: {asked} filters skip every file whose range excludes them ({possible})"
    ) as bad:
        bad += differ("files skipped", possible, skipped)
        if len(opened.tasks) > 1:
            for column in opened.job["mustPrune"]:
                bad += [] if skips.get(column) else [f"no filter on {column} skips a file"]


def overlaps(rows: list[Row], column: str, one: Filter) -> bool:
    some = [row[column] for row in rows if row[column] is not None]
    return bool(some) and one.may_hold is not None and one.may_hold(*cut(min(some), max(some)))


def cut(low: Any, high: Any) -> tuple[Any, Any]:
    """The range a reader knows: bounds of texts are cut to 16 characters."""
    if not isinstance(low, str):
        return low, high
    return low[:16], high if len(high) <= 16 else f"{high[:16]}\U0010ffff"


def same_rows(opened: Opened, column: str, one: Filter) -> list[str]:
    found = opened.table.scan(row_filter=one.expression).to_arrow().to_pylist()
    wanted = [row for row in opened.rows if one.holds(row[column])]
    return differ(one.text, *(sorted(repr(plain(row)) for row in rows) for rows in (wanted, found)))


def literal(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def filters(field: NestedField, opened: Opened) -> list[Filter]:
    """Questions about a column: each file's smallest and largest value, something between, and nulls."""
    name = field.name
    some = sorted({row[name] for row in opened.rows if row[name] is not None})
    edges = {
        edge
        for rows in opened.rows_of.values()
        if (v := [r[name] for r in rows if r[name] is not None])
        for edge in (min(v), max(v))
    }
    asked: list[Filter] = [
        Filter(f"{name} is null", IsNull(name), lambda v: v is None),
        Filter(f"{name} is not null", NotNull(name), lambda v: v is not None),
    ]
    values = sorted({*spread(sorted(edges), opened.job["edges"]), *some[len(some) // 2 :][:1]})
    for value in values:
        asked += comparisons(field, value)
    # To pyarrow the two zeros are no members of each other's sets.
    if values and not isinstance(field.field_type, DoubleType):
        few = {literal(v) for v in values[:2]}
        asked.append(Filter(f"{name} in {few}", In(name, few), lambda v, few=frozenset(values[:2]): v in few))
    return asked


def spread(values: list[Any], count: int) -> list[Any]:
    """So many of the values, the first and the last among them."""
    return [values[at * (len(values) - 1) // max(1, count - 1)] for at in range(min(count, len(values)))]


def comparisons(field: NestedField, value: Any) -> list[Filter]:
    name, it = field.name, literal(value)
    # Bounds of long texts are cut: what they exclude is not what the values exclude.
    exact = not (isinstance(field.field_type, StringType) and len(value) > 16)

    def asked(
        sign: str, expression: BooleanExpression, holds: Test, may: Callable[[Any, Any], bool]
    ) -> Filter:
        return Filter(
            f"{name} {sign} {value!r}",
            expression,
            lambda v: v is not None and holds(v),
            may if exact else None,
        )

    equal = asked("=", EqualTo(name, it), lambda v: v == value, lambda low, high: low <= value <= high)
    if isinstance(field.field_type, BooleanType):
        return [equal]
    more = [
        asked("<", LessThan(name, it), lambda v: v < value, lambda low, high: low < value),
        asked("<=", LessThanOrEqual(name, it), lambda v: v <= value, lambda low, high: low <= value),
        asked(">", GreaterThan(name, it), lambda v: v > value, lambda low, high: high > value),
        asked(">=", GreaterThanOrEqual(name, it), lambda v: v >= value, lambda low, high: high >= value),
    ]
    if isinstance(field.field_type, StringType) and value:
        start = value[:3]
        more.append(
            Filter(
                f"{name} starts with {start!r}",
                StartsWith(name, start),
                lambda v: v is not None and v.startswith(start),
            )
        )
    return [equal, *more]
