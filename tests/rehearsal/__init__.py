"""The last hour on the local stack, with people, faults and a record of everything: `make rehearse`."""
