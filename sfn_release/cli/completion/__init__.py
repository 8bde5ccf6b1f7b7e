"""Answers a shell that asks for completions: offline, fast, and silent about every problem.

shell_scripts    the script of each shell, which calls the program with `_SFN_RELEASE_COMPLETE`
shell_words      the words of a bash or fish line, with its quotes
answer           reads the question, and writes the candidates as the shell takes them
cursor           finds what stands at the cursor: a command, an option, a value
candidate        one candidate
value_kinds      the kind of value that an option or argument takes
values           the values of each kind: from releases.toml, the work tree, this clone's Git
project_outline  the names in releases.toml, also while it's broken
git_names        the names in the refs of this clone
"""
