"""The store: one SQLite file, safe for several threads and processes.

store            opens the file and its transactions; `database_tables` makes and upgrades tables
migration        moves the state machines of a shared file to their project's own
queries          rows that several operations read; `revisions`: a state machine's content
history_store    the events of executions
"""
