"""The commands, one file each, named as you type them.

To add a command, you write its file with the click command `run`, and its summary in `cli.help`.
The work is done by a verb of `operations`, which has the same name.
"""
