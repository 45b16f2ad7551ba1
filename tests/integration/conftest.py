"""These tests use a deployed stack over HTTP, as people do; each makes the candidates it needs."""

from tests.support.stack import campaign, colleague, elsewhere, reviewer, stack

__all__ = ["campaign", "colleague", "elsewhere", "reviewer", "stack"]
