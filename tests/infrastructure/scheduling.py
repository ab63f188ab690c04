"""Test scheduling: the tests of a file run one after another in one worker, and so do files that share processes."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[2]
_GROUP = re.compile(r'^pytestmark\b.*\bxdist_group\("(\w+)"\)', re.MULTILINE)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it comes without types
    """Does what `--dist loadgroup` is for. xdist 3.8 does not see test groups since pytest 9.2.

    A file that names no group is its own: its tests begin in the same way, and a worker keeps what they begin with.

    It also does what xdist does in time that grows with the square of the number of tests: for each test, xdist counts
    through all that have run, and looks through the list of all for its place.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # else files with few tests, which are the slow ones, come last

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return _group(path) or path

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        if node in self.registered_collections:
            self.registered_collections[node] = _Collection(collection)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        units = self.assigned_work[node]
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(units[scope].values()):
            del units[scope]


class _Collection(list[str]):
    """A list that knows where each test is."""

    def __init__(self, nodeids: Sequence[str]) -> None:
        super().__init__(nodeids)
        self._places = {nodeid: place for place, nodeid in enumerate(nodeids)}

    def index(self, nodeid: str, *_bounds: Any) -> int:
        return self._places[nodeid]


@cache
def _group(path: str) -> str:
    found = _GROUP.search((ROOT / path).read_text())
    return found[1] if found else ""
