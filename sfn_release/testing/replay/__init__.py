"""Replays recorded executions on a candidate definition, and reports where the two part.

    history → recorded visits and answers → the candidate in the simulator → Replayed

The candidate gets the recorded input, and each of its tasks gets the answer that was recorded for
it. Nothing is invented: a task without a recorded answer is reported, and ends the replay.

replay_execution  the entry: one recorded execution on one definition
replayed          the report
"""
