"""Replays recorded executions on a candidate definition, and reports where the two part.

    history → recorded visits and answers → the candidate in the simulator → Replayed

The candidate gets the recorded input, and each of its tasks gets the answer that was recorded for
it. Nothing is invented: a task without a recorded answer is reported, and ends the replay.

replay_execution  the entry: one recorded execution on one definition
replayed          the report
candidate         the definition, looked through once for many executions
candidate_walk    follows the candidate, state by state, beside the recording; `exit_comparison`
                  compares the ends of its visits, `strand_positions` are where its strands are
recorded_way      the recorded visits by their place; `recorded_answers` answer their tasks
recorded_maps     the results of distributed Maps, whose inside has histories of its own
drawn_values      UUIDs, chance, times and tokens, which every run draws anew; `possible_draws`
                  compares them with the recorded ones
json_differences  the first place where two JSON values differ
"""
