"""Coverage: which parts of definitions executions have reached, and which none has.

    definition → points_of → Points
    Runs → CoverageCounter → CoverageData, merged → workflow_coverage → a report

`history_counts` counts finished executions of an environment in the same way.
"""
