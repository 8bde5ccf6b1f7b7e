"""completion: print the script that completes command lines in a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.cli.completion.shell_scripts import Shell


@command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def run(session: Session, shell: Shell) -> None:
    """Print the completion script of a shell.

    It completes commands, options and values: workflows, releases, environments, states, files.
    The values come from releases.toml, the work tree and this clone; no network is used. The script
    asks the installed program, so you don't need to save it again after an upgrade.

    bash: save it as ~/.local/share/bash-completion/completions/sfn-release. Without the package
    bash-completion, add to ~/.bashrc:  eval "$(sfn-release completion bash)"

    zsh: save it as _sfn-release in a folder of $fpath, such as ~/.zfunc, and have in ~/.zshrc:
    fpath+=(~/.zfunc); autoload -Uz compinit && compinit

    fish: save it as ~/.config/fish/completions/sfn-release.fish.
    """
    from sfn_release.cli.completion.shell_scripts import SCRIPTS

    script = SCRIPTS[shell]
    members = {"shell": shell, "script": script}
    session.show("completion", members, lambda: terminal.write_block(script.rstrip()))
