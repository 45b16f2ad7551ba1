"""Mutants that survive, by the reason why no test can tell them from what is right, or need not."""

EXPLAINED: dict[str, tuple[str, ...]] = {}
