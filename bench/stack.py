"""Which stack a bench measures."""

import json
import os
import sys
from pathlib import Path
from typing import Any


def described() -> dict[str, Any]:
    """What `stack.json` says; `make bench` brings a stack of its own. Ends the program if there is none."""
    path = os.environ.get("SONGSHEN_STACK")
    if not path:
        sys.exit("SONGSHEN_STACK names no stack.json: run `make bench`, or `make up` and name .local/stack.json")
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))
