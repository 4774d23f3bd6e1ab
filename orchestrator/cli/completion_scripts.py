"""What a shell is told so that it completes our commands. `{names}` is the program, or its
names; `{function}` is what it is called there.
"""

from __future__ import annotations

from netproof import program
from netproof.cli.command_table import SHELLS
from netproof.cli.screen import Screen
from netproof.errors import UnknownName

# Bash takes ':' and '=' for the end of a word, and wants only what stands behind them. No array is read from a
# file and no index counts from the end: macOS has bash 3.2.
_BASH = r"""{function}() {{
    local IFS=$' \t\n' line=${{COMP_LINE:0:COMP_POINT}} words current found cut
    read -r -a words <<<"$line"
    if [[ $line == *[[:space:]] ]]; then words+=(""); fi
    current=${{words[${{#words[@]}}-1]}}
    found=$(NETPROOF_COMPLETE=bash "${{words[0]}}" --complete -- "${{words[@]}}" 2>/dev/null)
    IFS=$'\n'
    COMPREPLY=($(compgen -W "$found" -- "$current"))
    cut=${{current%"${{current##*[:=]}}"}}
    if [[ -n $cut && $COMP_WORDBREAKS == *"${{cut:${{#cut}}-1}}"* ]]; then COMPREPLY=("${{COMPREPLY[@]#"$cut"}}"); fi
    case ${{COMPREPLY[0]-}} in *: | *:// | *=) compopt -o nospace 2>/dev/null ;; esac
}}
complete -o default -F {function} {names}
"""
_ZSH = r"""#compdef {names}
{function}() {{
    local -a found words_ends
    found=("${{(@f)$(NETPROOF_COMPLETE=zsh "$words[1]" --complete -- "${{(@)words[1,CURRENT]}}" 2>/dev/null)}}")
    if [[ -z "$found" ]]; then _files; return; fi
    local -a values texts
    local line
    for line in $found; do
        values+=("${{line%%$'\t'*}}")
        texts+=("${{line/$'\t'/  -- }}")
    done
    if [[ $values[1] == *(:|:\/\/|=) ]]; then
        compadd -S '' -l -d texts -a values
    else
        compadd -l -d texts -a values
    fi
}}
if (( ! $+functions[compdef] )); then autoload -Uz compinit && compinit; fi
compdef {function} {names}
"""
_FISH = r"""function {function}
    set -l before (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l found (NETPROOF_COMPLETE=fish $before[1] --complete -- $before "$current" 2>/dev/null)
    if test (count $found) -eq 0
        __fish_complete_path "$current"
    else
        printf '%s\n' $found
    end
end
for name in {names}
    complete --command $name --no-files --arguments '({function})'
end
"""
_SCRIPTS = dict(zip(SHELLS, (_BASH, _ZSH, _FISH), strict=True))


def script(shell: str, name: str) -> str:
    """What makes a shell complete a program's command lines. Raises UnknownName."""
    if shell not in _SCRIPTS:
        raise UnknownName("shell", shell, SHELLS)
    names = "invoke inv" if name == program.CLONES else name
    return _SCRIPTS[shell].format(names=names, function=f"_{name}_completed_by_netproof")


def run(screen: Screen, shell: str) -> None:
    """Print it for the program that was used."""
    screen.line(script(shell, program.name()).rstrip("\n"))
