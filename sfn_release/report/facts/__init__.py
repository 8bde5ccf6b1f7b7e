"""The facts of a report: read once from the ledger, and used by all of its pages."""
