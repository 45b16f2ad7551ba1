"""The HTTP contract: what every call takes and answers, by audience and subject, and the table of routes.

`docs/openapi.json` and the pages' types are generated from `routes`, which loads everything and is for them and for
tests. A function imports what its own calls are made of, so that nobody waits for the shapes of others.
Times are RFC 3339 with offset.
"""
