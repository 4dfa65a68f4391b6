"""What manifests say of data files, held against the rows in them: partitions, counts, bounds."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.transforms import Transform

from opened import Job, Opened, internal
from report import Report, differ


def check_partitions(report: Report, opened: Opened) -> None:
    table, job = opened.table, opened.job
    with report.guard(f"{job['name']}: split as the contract says ({spec_text(job)})") as bad:
        found = [
            (table.schema().find_column_name(f.source_id), str(f.transform), f.name)
            for f in table.spec().fields
        ]
        bad += differ("spec", [(p["field"], p["transform"], p["name"]) for p in job["partitionBy"]], found)
    if not job["partitionBy"]:
        return
    with report.guard(
        f"{job['name']}: each file's partition is what pyiceberg computes of each of its rows"
    ) as bad:
        for task in opened.tasks:
            spec = table.specs()[task.file.spec_id]
            for at, field in enumerate(spec.fields):
                source = table.schema().find_field(field.source_id)
                transform: Transform[Any, Any] = field.transform
                compute = transform.transform(source.field_type)
                values = {compute(internal(row[source.name])) for row in opened.rows_of[task.file.file_path]}
                bad += differ(field.name, {internal(task.file.partition[at])}, values)
    with report.guard(f"{job['name']}: $partitions counts the rows and files of each partition") as bad:
        ours = Counter[str]()
        for task in opened.tasks:
            ours[repr(list(task.file.partition))] += task.file.record_count
        theirs = {
            repr([internal(v) for v in p["partition"].values()]): p["record_count"]
            for p in table.inspect.partitions().to_pylist()
        }
        bad += differ("partitions", dict(sorted(ours.items())), dict(sorted(theirs.items())))


def spec_text(job: Job) -> str:
    return ", ".join(f"{p['transform']} of {p['field']}" for p in job["partitionBy"]) or "not at all"


def check_statistics(report: Report, opened: Opened) -> None:
    """Counts are exact and bounds hold for every file and column."""
    table = opened.table
    with report.guard(
        f"{opened.job['name']}: counts and bounds of {len(opened.tasks)} files hold for their rows"
    ) as bad:
        for task in opened.tasks:
            file, rows = task.file, opened.rows_of[task.file.file_path]
            bad += differ("record count", file.record_count, len(rows))
            for field in table.schema().fields:
                if not field.field_type.is_primitive:
                    continue
                values = [internal(row[field.name]) for row in rows]
                some = [v for v in values if v is not None]
                counted = (file.value_counts or {}).get(field.field_id)
                nulls = (file.null_value_counts or {}).get(field.field_id)
                bad += differ(f"values of {field.name}", len(rows), counted) if counted is not None else []
                bad += (
                    differ(f"nulls of {field.name}", len(values) - len(some), nulls)
                    if nulls is not None
                    else []
                )
                for bounds, holds, of in (
                    (file.lower_bounds, lambda bound, value: bound <= value, min),
                    (file.upper_bounds, lambda bound, value: bound >= value, max),
                ):
                    if some and (bounds or {}).get(field.field_id) is not None:
                        bound = from_bytes(field.field_type, bounds[field.field_id])
                        bad += (
                            [] if holds(bound, of(some)) else [f"{field.name}: {of(some)!r} beyond {bound!r}"]
                        )
