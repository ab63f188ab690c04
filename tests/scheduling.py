"""Test scheduling: tests of a file that shares processes run one after another in one worker."""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]
_GROUP = re.compile(r'^pytestmark\b.*\bxdist_group\("(\w+)"\)', re.MULTILINE)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it comes without types
    """Does what `--dist loadgroup` is for. xdist 3.8 does not see test groups since pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0]) or nodeid


@cache
def _group(path: str) -> str:
    found = _GROUP.search((ROOT / path).read_text())
    return found[1] if found else ""
