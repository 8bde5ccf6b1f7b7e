"""Write the pages of docs/reference that come from the program.

    command_pages    reference/commands: from the model of commands, `sfn_release.cli.reference`
    key_pages        releases-toml.md and tests-toml.md: from the schemas of the two files
    error_codes      error-codes.md: from the tree of errors
    process_pages    exit-codes.md and environment-variables.md
    python_pages     python: the public names with signatures and docstrings
    json_members     the shapes of JSON results, for json.md
    markdown         tables, code, anchors

``python tools/write_reference.py`` writes them, and ``tools/write_json_reference.py`` writes
json.md, which needs real runs. Tests compare them with the program.
"""

from __future__ import annotations
