"""The completion script of each shell. The program answers; the scripts stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Shell = Literal["bash", "zsh", "fish"]
SHELLS: Final[tuple[Shell, ...]] = get_args(Shell)

_BASH: Final = """\
# bash completion for sfn-release. Works with and without the package bash-completion.
_sfn_release_complete() {
    local IFS=$'\\n'
    COMPREPLY=()
    read -r -d '' -a COMPREPLY < <(
        _SFN_RELEASE_COMPLETE=bash "${1/#\\~\\//$HOME/}" \\
            "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null
    )
    return 0
}
complete -o nospace -o nosort -F _sfn_release_complete sfn-release 2>/dev/null ||
    complete -o nospace -F _sfn_release_complete sfn-release
"""
_ZSH: Final = """\
#compdef sfn-release
# zsh completion for sfn-release.
_sfn_release() {
    local line rest
    local -a whole whole_shown open open_shown
    while IFS= read -r line; do
        rest=${line#*$'\\t'}
        if [[ $line == +* ]]; then
            open+=("${rest%%$'\\t'*}")
            open_shown+=("${rest#*$'\\t'}")
        else
            whole+=("${rest%%$'\\t'*}")
            whole_shown+=("${rest#*$'\\t'}")
        fi
    done < <(
        _SFN_RELEASE_COMPLETE=zsh ${(Q)~words[1]} "${(@Q)words[2,CURRENT-1]}" \\
            "${(Q)${:-$IPREFIX$PREFIX}}" 2>/dev/null
    )
    (( $#whole )) && compadd -l -V sfn-release -d whole_shown -a whole
    (( $#open )) && compadd -l -V sfn-release -S '' -d open_shown -a open
    (( $#whole + $#open ))
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _sfn_release "$@"
else
    compdef _sfn_release sfn-release
fi
"""
_FISH: Final = """\
# fish completion for sfn-release.
function __sfn_release_complete
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    command -q $program; or return
    _SFN_RELEASE_COMPLETE=fish $program $words (commandline -ct) 2>/dev/null
end
complete -c sfn-release -f -k -a '(__sfn_release_complete)'
"""
SCRIPTS: Final[Mapping[Shell, str]] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
