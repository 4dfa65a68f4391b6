"""pyiceberg as a second writer: it changes one of our tables and looks again later. Called by guest.ts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable
from pyiceberg.table.refs import SnapshotRef
from pyiceberg.types import StringType

from report import Report, differ

TAG = "before-wharf-went-on"


def write(job: dict[str, Any], report: Report) -> dict[str, Any]:
    """Appends rows, deletes one, adds a column and a tag, each as a commit of its own."""
    catalog = SqlCatalog(
        "guest", uri=f"sqlite:///{job['catalog']}", warehouse=job["warehouse"], **job["properties"]
    )
    catalog.create_namespace("guest")
    table = catalog.register_table("guest.table", job["metadata"])
    before = table.scan().count()
    rows = pa.Table.from_pylist(job["append"], schema=table.schema().as_arrow())
    table.append(rows)
    with table.update_schema() as update:
        update.add_column("note", StringType(), doc="A column of the guest.")
    table.manage_snapshots().create_tag(table.metadata.current_snapshot_id, TAG).commit()
    table.delete(job["delete"])
    with report.guard(f"pyiceberg appends {len(rows)} rows and deletes 1") as bad:
        bad += differ("rows", before + len(rows) - 1, table.scan().count())
    with report.guard("its snapshot ids are larger than a JavaScript number holds") as bad:
        ids = [s.snapshot_id for s in table.snapshots()]
        bad += [] if any(i > 2**53 for i in ids) else [f"none of {ids}: run again"]
    return {
        "metadata": table.metadata_location,
        "rows": table.scan().count(),
        "snapshots": [str(s.snapshot_id) for s in table.snapshots()],
        "tag": str(table.refs()[TAG].snapshot_id),
    }


def read(job: dict[str, Any], report: Report) -> dict[str, Any]:
    """The table after Wharf committed once more to what the guest left."""
    table = StaticTable.from_metadata(job["metadata"], job["properties"])
    was = job["was"]
    with report.guard(f"pyiceberg reads {job['rows']} rows after our commit, with the keys we read") as bad:
        rows = table.scan().to_arrow().to_pylist()
        bad += differ("rows", job["rows"], len(rows))
        bad += differ("keys", sorted(job["keys"]), sorted(row[job["key"]] for row in rows))
    with report.guard(
        "every snapshot of the guest is still there, under its own id and with its rows"
    ) as bad:
        ids = [str(s.snapshot_id) for s in table.snapshots()]
        bad += differ("snapshots", was["snapshots"], ids[: len(was["snapshots"])])
        bad += differ("parents", ids[:-1], [str(s.parent_snapshot_id) for s in table.snapshots()[1:]])
        for snapshot in table.snapshots():
            total = int((snapshot.summary or {})["total-records"])  # type: ignore[index]
            bad += differ(
                f"rows of {snapshot.snapshot_id}", total, table.scan(snapshot_id=snapshot.snapshot_id).count()
            )
        entries = table.inspect.entries().to_pylist()
        bad += [
            f"an entry names snapshot {e['snapshot_id']}" for e in entries if str(e["snapshot_id"]) not in ids
        ]
    with report.guard("its tag and its column are still there") as bad:
        ref: SnapshotRef | None = table.refs().get(TAG)
        bad += differ("tag", was["tag"], ref and str(ref.snapshot_id))
        bad += differ("column", "string", str(table.schema().find_field("note").field_type))
    return {}


def main(verb: str, job_file: str, result_file: str) -> None:
    job = json.loads(Path(job_file).read_text())
    report = Report()
    result: dict[str, Any] = {}
    with report.guard(f"the guest's turn to {verb}"):
        result = {"write": write, "read": read}[verb](job, report)
    Path(result_file).write_text(json.dumps(result))
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
