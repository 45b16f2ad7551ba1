"""Not too much at once."""

import time
from threading import Lock


class Pace:
    """Each call returns when it is its turn: at most so many per second, from however many threads."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next = 0.0
        self._lock = Lock()

    def __call__(self) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        time.sleep(turn - now)
