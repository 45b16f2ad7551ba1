"""What a function loads of the project when it starts: its own, and nothing that others' callers are shown or send.

Every module that is loaded is paid for at each cold start, while somebody waits (decision 5).
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One interpreter loads what all functions need of others; each function starts in a copy of it. Clients are not made.
LOADING = """
import json, os, sys
import botocore.config, botocore.session, msgspec

class Anything:
    def __getattr__(self, name): return Anything()
    def __getitem__(self, name): return Anything()
    def __call__(self, *args, **kwargs): return Anything()

class Environment(dict):
    def __missing__(self, name): return "1"

botocore.session.get_session = Anything()
os.environ = Environment(os.environ, S3_ADDRESSING="path", PASSWORD_CHECK="")
for function in sys.argv[1:]:
    if os.fork():
        assert os.wait()[1] == 0
    else:
        sys.path.insert(0, f"functions/{function}")
        import app
        names = sorted(name for name in sys.modules if name.startswith("songshen."))
        print(json.dumps([function, names]), flush=True)
        os._exit(0)
"""

# By function that a candidate waits for: what it loads of these packages.
PACKAGES = ("contract", "presentation", "usecases")
SHOWN = ["contract.candidate", "contract.common", "contract.roles", "presentation.candidate", "presentation.common"]
LOADED = {
    "sign_in": ["contract.common", "contract.roles", "contract.session", "usecases.sign_in"],
    "application": [*SHOWN, "usecases.application"],
    "upload_presign": [
        "contract.candidate",
        "contract.common",
        "contract.roles",
        "usecases.retrying",
        "usecases.upload_presign",
    ],
    "validate_image": ["usecases.retrying", "usecases.validate_image"],
    "submit": [*SHOWN, "usecases.application", "usecases.retrying", "usecases.submit"],
}


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """By function: the project's modules, without its name."""
    command = [sys.executable, "-c", LOADING, *LOADED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = (json.loads(line) for line in done.stdout.splitlines())
    return {function: [name.removeprefix("songshen.") for name in names] for function, names in lines}


def test_candidates_wait_for_nothing_that_others_are_shown(loaded: dict[str, list[str]]) -> None:
    found = {
        function: [name for name in names if "." in name and name.partition(".")[0] in PACKAGES]
        for function, names in loaded.items()
    }
    assert found == LOADED


def test_candidates_wait_for_no_rules_of_what_others_do(loaded: dict[str, list[str]]) -> None:
    others = "changing checking deadlines export progress reading roster sheet sms spotcheck"
    unwanted = {f"domain.{name}" for name in others.split()}
    assert {function: unwanted & set(names) for function, names in loaded.items()} == {name: set() for name in LOADED}
