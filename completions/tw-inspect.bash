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
