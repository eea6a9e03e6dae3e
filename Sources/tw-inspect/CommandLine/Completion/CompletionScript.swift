/// The scripts by which shells ask what to offer. They are the same whatever the commands are.
enum CompletionScript {
  /// What is printed for a question of a script, or for `--generate-completion-script`; nil where neither was asked for.
  static func text(_ arguments: [String]) -> String? {
    switch arguments.first {
    case Completion.question: Completion.answer(Array(arguments.dropFirst()))
    case "--generate-completion-script" where arguments.count == 2: of(shell: arguments[1])
    default: nil
    }
  }

  private static func of(shell: String) -> String? {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    case "fish": fish
    default: nil
    }
  }

  private static let bash = #"""
    # What Tab offers after "tw-inspect", for bash 4.4 and later.

    _tw_inspect() {
        # COMP_WORDS is no help, as bash parts words at "=" and ":" as well.
        local -r line="${COMP_LINE:0:COMP_POINT}"
        local -a words
        read -ra words <<<"${line}"
        if [[ "${line}" == *[[:space:]] ]]; then words+=(''); fi
        # Only what follows the last of these is put into the line.
        local -r kept="${words[-1]%"$2"}"

        COMPREPLY=()
        local offer
        while IFS=$'\t' read -r offer _; do
            COMPREPLY+=("${offer#"${kept}"}")
        done < <("$1" ---completion "${words[@]:1}" 2>/dev/null)
        # More can follow in the same word.
        if [[ "${#COMPREPLY[@]}" -eq 1 && "${COMPREPLY[0]}" == *[=:/] ]]; then compopt -o nospace; fi
    }

    complete -o nosort -F _tw_inspect tw-inspect

    """#

  private static let zsh = #"""
    #compdef tw-inspect
    # What Tab offers after "tw-inspect".

    local line
    local -a whole=() open=()
    while IFS= read -r line; do
        # _describe takes a colon for the end of the word.
        local word="${${line%%$'\t'*}//:/\\:}" note="${line#*$'\t'}"
        # More can follow in the same word.
        if [[ "${word}" == *[=:/] ]]; then
            open+=("${word}:${note}")
        else
            whole+=("${word}:${note}")
        fi
    done < <("${(Q)words[1]}" ---completion "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    _describe -V '' whole -- open -S ''

    """#

  private static let fish = #"""
    # What Tab offers after "tw-inspect".

    function __tw_inspect_offers
        set -l words (commandline -opc)
        set -l word (commandline -ct)
        command $words[1] ---completion $words[2..] "$word" 2>/dev/null
    end

    complete -c tw-inspect -f -k -a '(__tw_inspect_offers)'

    """#
}
