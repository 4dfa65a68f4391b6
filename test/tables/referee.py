"""pyiceberg reads our tables and says whether it sees what we say. Called by run.ts with a job file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import agreement
import files
from opened import open_table, static
from pruning import check_pruning
from report import Report

CHECKS = (
    agreement.check_schema,
    agreement.check_rows,
    files.check_partitions,
    agreement.check_history,
    files.check_statistics,
    check_pruning,
)


def main(job_file: str) -> None:
    job = json.loads(Path(job_file).read_text())
    report = Report()
    for table in job["tables"]:
        opened = None
        with report.guard(f"{table['name']}: opens"):
            opened = open_table(table, static(table, job["properties"]))
        if opened:
            for check in CHECKS:
                check(report, opened)
    print(f"{report.passed} checks passed, {report.failed} failed", flush=True)
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])
