"""How many requests each proxy may send a second, counted in memory. A setting says how many are allowed."""

import threading
import time

from accounts.integrations.forward_auth.proxy_authentication import AuthenticatedProxy


class ProxyRateLimit:
    """Counts the questions of each proxy in this process, second by second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, tuple[int, int]] = {}

    def is_within(self, caller: AuthenticatedProxy, most: int) -> bool:
        """Count one question, and return whether the proxy is still within its limit for this second."""
        second = int(time.monotonic())
        with self._lock:
            at, n = self._counts.get(caller.id, (second, 0))
            n = n + 1 if at == second else 1
            self._counts[caller.id] = (second, n)
        return n <= most


pace = ProxyRateLimit()
