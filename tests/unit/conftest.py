"""Nothing here may reach a network."""

import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """Sockets raise."""
