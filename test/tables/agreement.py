"""Compares what pyiceberg reads of a table with what Wharf says of it: schema, rows, history."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table
from pyiceberg.types import IcebergType, ListType, StructType

from opened import Opened, place, plain
from report import Report, differ


def check_schema(report: Report, opened: Opened) -> None:
    table, job = opened.table, opened.job
    with report.guard(
        f"{job['name']}: names, types, descriptions and order of the columns are the contract's"
    ) as bad:
        wanted = [(c["name"], c["type"], c.get("doc")) for c in job["columns"]]
        found = [(f.name, shape(f.field_type), f.doc) for f in table.schema().fields]
        for ours, theirs in zip(wanted, found, strict=True):
            bad += differ("column", ours, theirs)
    with report.guard(
        f"{job['name']}: schema ids, field ids and the ids inside the data files are one"
    ) as bad:
        bad += differ("current schema", job["schemaId"], table.schema().schema_id)
        bad += differ("schemas", job["schemas"], sorted(table.schemas()))
        for s in table.schemas().values():
            ids = [field_id for field_id in s._lazy_id_to_field]
            bad += differ("distinct ids", len(ids), len(set(ids)))
            bad += (
                [f"id {max(ids)} is above last-column-id"] if max(ids) > table.metadata.last_column_id else []
            )
        for task in opened.tasks:
            bad += file_ids(table, task, table.schema())
    with report.guard(f"{job['name']}: no order of rows is promised") as bad:
        bad += differ("sort order", [], list(table.sort_order().fields))


def shape(of: IcebergType) -> Any:
    """A type without ids, as the contract writes it."""
    if isinstance(of, ListType):
        return {"list": shape(of.element_type)}
    if isinstance(of, StructType):
        return {
            "struct": [
                {"name": f.name, "type": shape(f.field_type)} | ({"doc": f.doc} if f.doc else {})
                for f in of.fields
            ]
        }
    return str(of)


def file_ids(table: Table, task: FileScanTask, schema: Schema) -> list[str]:
    """Field ids in the Parquet footer, against the schema's ids of the same names."""
    with table.io.new_input(task.file.file_path).open() as source:
        footer = pq.read_schema(source)
    problems: list[str] = []
    for field in footer:
        written = int((field.metadata or {}).get(b"PARQUET:field_id", b"-1"))
        problems += differ(f"id of {field.name}", schema.find_field(field.name).field_id, written)
    return problems


def check_rows(report: Report, opened: Opened) -> None:
    table, job = opened.table, opened.job
    with report.guard(f"{job['name']}: {job['accepted']} rows, as the ledger says") as bad:
        bad += differ("rows", job["accepted"], table.scan().count())
        bad += differ("rows read", job["accepted"], len(table.scan().to_arrow()))
    with report.guard(f"{job['name']}: every value of every row is the one `wharf query` reads") as bad:
        ours, theirs = (
            sorted((plain(r) for r in rows), key=place)
            for rows in (pq.read_table(job["rows"]).to_pylist(), opened.rows)
        )
        bad += differ("rows", [place(row) for row in ours], [place(row) for row in theirs])
        for a, b in zip(ours, theirs, strict=False):
            bad += differ("columns", list(a), list(b))
            for name in a:
                # The written form tells 1 from 1.0 and 1.0 from 1.00.
                bad += differ(f"{name} of row {place(a)}", repr(a[name]), repr(b.get(name)))


def check_history(report: Report, opened: Opened) -> None:
    table, job = opened.table, opened.job
    with report.guard(
        f"{job['name']}: {len(job['snapshots'])} snapshots with their summaries and times"
    ) as bad:
        theirs = {str(s["snapshot_id"]): s for s in table.inspect.snapshots().to_pylist()}
        bad += differ("snapshots", [s["id"] for s in job["snapshots"]], list(theirs))
        for ours in job["snapshots"]:
            seen = theirs[ours["id"]]
            operation, rest = ours["summary"].pop("operation"), ours["summary"]
            bad += differ("operation", operation, seen["operation"])
            bad += differ("summary", rest, dict(seen["summary"]))
            bad += differ("parent", ours.get("parent"), seen["parent_id"] and str(seen["parent_id"]))
            bad += differ("manifest list", ours["manifestList"], seen["manifest_list"])
    with report.guard(f"{job['name']}: each snapshot shows the rows its summary counts (time travel)") as bad:
        for snapshot in table.snapshots():
            total = int((snapshot.summary or {})["total-records"])  # type: ignore[index]
            bad += differ("rows", total, table.scan(snapshot_id=snapshot.snapshot_id).count())
        bad += differ(
            "history", [s["id"] for s in job["snapshots"]], [str(e.snapshot_id) for e in table.history()]
        )
        ancestors = table.inspect.history().to_pylist()
        bad += (
            []
            if all(e["is_current_ancestor"] for e in ancestors)
            else ["a snapshot is no ancestor of the current one"]
        )
    with report.guard(f"{job['name']}: $files and $manifests list {len(job['files'])} live files") as bad:
        ours_files = {f["path"]: (f["records"], f["bytes"]) for f in job["files"]}
        listed = table.inspect.files().to_pylist()
        bad += differ(
            "files",
            ours_files,
            {f["file_path"]: (f["record_count"], f["file_size_in_bytes"]) for f in listed},
        )
        manifests = table.inspect.manifests().to_pylist()
        live = sum(m["added_data_files_count"] + m["existing_data_files_count"] for m in manifests)
        bad += differ("files in manifests", len(ours_files), live)
        bad += differ("manifests", sorted(job["manifests"]), sorted(m["path"] for m in manifests))
        sizes = {
            path: len(table.io.new_input(path))
            for path in [f["file_path"] for f in listed] + job["manifests"]
        }
        bad += differ(
            "sizes",
            {f["file_path"]: f["file_size_in_bytes"] for f in listed}
            | {m["path"]: m["length"] for m in manifests},
            sizes,
        )
