# What Tab offers after "tw-inspect".

function __tw_inspect_offers
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    command $words[1] ---completion $words[2..] "$word" 2>/dev/null
end

complete -c tw-inspect -f -k -a '(__tw_inspect_offers)'
