"""What was checked, a line each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Report:
    """Collects checks; a table's checks share its name in front."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, title: str, problems: list[str]) -> None:
        """One line: the title, and the first problems where there are any."""
        if problems:
            self.failed += 1
            more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
            print(f"✗ {title}: {'; '.join(problems[:3])}{more}", flush=True)
        else:
            self.passed += 1
            print(f"✓ {title}", flush=True)

    @contextmanager
    def guard(self, title: str) -> Iterator[list[str]]:
        """Checks what the block appends; an exception is a failed check, not the end."""
        problems: list[str] = []
        try:
            yield problems
        except Exception as error:
            problems.append(f"{type(error).__name__}: {str(error)[:300]}")
        self.check(title, problems)

    def end(self) -> None:
        """Ends the process: 1 when anything failed or nothing was checked."""
        sys.exit(1 if self.failed or not self.passed else 0)


def differ(what: str, ours: object, theirs: object) -> list[str]:
    """A problem when two readings differ."""
    if ours == theirs:
        return []
    return [f"{what}: ours {str(ours)[:200]}, theirs {str(theirs)[:200]}"]
