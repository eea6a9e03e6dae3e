function __tw-inspect_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __tw-inspect_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __tw-inspect_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __tw-inspect_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __tw-inspect_parse_tokens -S
    set -l unparsed_tokens (__tw-inspect_tokens -pc)
    switch $unparsed_tokens[1]
    case 'tw-inspect'
        __tw-inspect_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'port'
            __tw-inspect_parse_subcommand -r 1 'side=' 'all' 'state=+' 'owners' 'sort=' 'limit=' 'expect=' 'watch' 'interval=' 'flags=' 'source=' 'netns=' '4' '6' 'output=' 'json' 'header' 'color=' 'q/quiet' 'v/verbose' 'version' 'h/help'
        case 'trybind'
            __tw-inspect_parse_subcommand 1 'reuse' 'reuse-port' 'address=+' 'v6-only' 'interface=' 'listen' 'yes' 'as-user=' 'matrix' 'predict' 'after-stop' 'flags=' 'watch' 'interval=' 'source=' 'netns=' '4' '6' 'output=' 'json' 'header' 'color=' 'q/quiet' 'v/verbose' 'version' 'h/help'
        case 'wait'
            __tw-inspect_parse_subcommand 1 'timeout=' 'fail-fast' 'reuse' 'reuse-port' 'address=+' 'v6-only' 'interface=' 'listen' 'yes' 'source=' 'netns=' '4' '6' 'output=' 'json' 'header' 'color=' 'q/quiet' 'v/verbose' 'version' 'h/help'
        case 'release'
            __tw-inspect_parse_subcommand 1 'include-fin-wait-2' 'yes' 'dry-run' 'source=' 'netns=' '4' '6' 'output=' 'json' 'header' 'color=' 'q/quiet' 'v/verbose' 'version' 'h/help'
        case 'explain'
            __tw-inspect_parse_subcommand -r 1 'output=' 'json' 'header' 'color=' 'q/quiet' 'v/verbose' 'version' 'h/help'
        case 'demo'
            __tw-inspect_parse_subcommand 1 'list' 'full' 'source=' 'output=' 'json' 'header' 'color=' 'q/quiet' 'v/verbose' 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'serve'
                __tw-inspect_parse_subcommand 1 'reuse' 'version' 'h/help'
            end
        case 'help'
            __tw-inspect_parse_subcommand -r 1 'version'
        end
    end
end

function __tw-inspect_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __tw-inspect_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __tw-inspect_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __tw-inspect_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__tw-inspect_tokens -p)
    if test -z "$(__tw-inspect_tokens -t)"
        set -l index (count (__tw-inspect_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'tw-inspect' -f
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'port' -d 'Show the TIME_WAIT sockets on a port, or every socket on it.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'trybind' -d 'Try whether a server can bind a port, and explain why not.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'wait' -d 'Wait until a server can bind a port.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'release' -d 'End the TIME_WAIT sockets on a port now (SOCK_DESTROY); needs CAP_NET_ADMIN.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'explain' -d 'Explain a TCP state, an errno, a socket option, a sysctl, a term or a finding.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'demo' -d 'Try the textbook\'s claims about TIME_WAIT on this kernel.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect port" -ge 1' -fka '(__tw-inspect_custom_completion ---completion port -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" side' -l 'side' -d 'Whose port it is: local (these sockets hold it), peer (they connect to it), any.' -rfka 'local peer any'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" all' -l 'all' -d 'List sockets in every state.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port"' -l 'state' -d 'List sockets in these states, by ss\'s names and groups (time-wait,listen,connected ...).' -rfka 'all connected synchronized bucket big listen bound syn-sent syn-recv established fin-wait-1 fin-wait-2 closing close-wait last-ack time-wait close'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" owners' -l 'owners' -d 'Name a process for each socket; trybind names all that have it open.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" sort' -l 'sort' -d 'Order: time (longest left first), peer, none (as the kernel lists them).' -rfka 'time peer none'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" limit' -l 'limit' -d 'Print at most this many sockets; all are counted. 0 prints all.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" expect' -l 'expect' -d 'Exit 1 if the list is not as expected: none, some.' -rfka 'none some'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" watch' -l 'watch' -d 'Repeat until Ctrl-C, and mark what comes and goes.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" interval' -l 'interval' -d 'Time between two looks of --watch (500ms, 1s); default 1s.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" flags' -l 'flags' -d 'Also read SO_REUSEADDR and SO_REUSEPORT: none, live (as root or the same user; with --owners).' -rfka 'none live all'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" source' -l 'source' -d 'Where to look: netlink, proc (/proc/net/tcp), or auto (netlink, unless it is refused).' -rfka 'auto netlink proc'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" netns' -l 'netns' -d 'Another network namespace: NAME (of ip netns), PATH, or pid:N for that of a process.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" 4' -s '4' -d 'IPv4 only, also on IPv6 sockets (v4-mapped).'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" 6' -s '6' -d 'IPv6 only, without v4-mapped addresses.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" output' -l 'output' -d 'Format of the answer: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" color' -l 'color' -d 'When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port"' -l 'verbose' -s 'v' -d 'Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect trybind" -eq 1' -fka '(__tw-inspect_custom_completion ---completion trybind -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" reuse' -l 'reuse' -d 'Your server sets SO_REUSEADDR.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" reuse-port' -l 'reuse-port' -d 'Your server sets SO_REUSEPORT.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind"' -l 'address' -d 'An address that your server binds; repeat it for several.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" v6-only' -l 'v6-only' -d 'Your server sets IPV6_V6ONLY on its IPv6 sockets.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" interface' -l 'interface' -d 'Your server binds to this device (SO_BINDTODEVICE).' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" listen' -l 'listen' -d 'Try listen() too; a client could connect at that moment.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" yes' -l 'yes' -d 'Do it even if --listen with --reuse-port could take connections of a running server.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" as-user' -l 'as-user' -d 'Try as this user, by name or number (root only).' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" matrix' -l 'matrix' -d 'Compare addresses and every combination of SO_REUSEADDR and SO_REUSEPORT.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" predict' -l 'predict' -d 'Bind nothing: answer from the socket table alone.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" after-stop' -l 'after-stop' -d 'Predict a restart: as if the listeners on the port had stopped.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" flags' -l 'flags' -d 'Read SO_REUSEADDR and SO_REUSEPORT of the sockets in the way: none, live (as root or the same user).' -rfka 'none live all'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" watch' -l 'watch' -d 'Follow the port until Ctrl-C; try again only after a change on it.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" interval' -l 'interval' -d 'Time between two looks of --watch (500ms, 1s); default 1s.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" source' -l 'source' -d 'Where to look: netlink, proc (/proc/net/tcp), or auto (netlink, unless it is refused).' -rfka 'auto netlink proc'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" netns' -l 'netns' -d 'Another network namespace: NAME (of ip netns), PATH, or pid:N for that of a process.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" 4' -s '4' -d 'IPv4 only, also on IPv6 sockets (v4-mapped).'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" 6' -s '6' -d 'IPv6 only, without v4-mapped addresses.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" output' -l 'output' -d 'Format of the answer: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" color' -l 'color' -d 'When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind"' -l 'verbose' -s 'v' -d 'Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect wait" -eq 1' -fka '(__tw-inspect_custom_completion ---completion wait -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" timeout' -l 'timeout' -d 'Give up after this time (90s, 2m, 500ms), or none for never; default 180s.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" fail-fast' -l 'fail-fast' -d 'Exit 1 at once if time alone does not free the port.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" reuse' -l 'reuse' -d 'Your server sets SO_REUSEADDR.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" reuse-port' -l 'reuse-port' -d 'Your server sets SO_REUSEPORT.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait"' -l 'address' -d 'An address that your server binds; repeat it for several.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" v6-only' -l 'v6-only' -d 'Your server sets IPV6_V6ONLY on its IPv6 sockets.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" interface' -l 'interface' -d 'Your server binds to this device (SO_BINDTODEVICE).' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" listen' -l 'listen' -d 'Try listen() too; a client could connect at that moment.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" yes' -l 'yes' -d 'Do it even if --listen with --reuse-port could take connections of a running server.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" source' -l 'source' -d 'Where to look: netlink, proc (/proc/net/tcp), or auto (netlink, unless it is refused).' -rfka 'auto netlink proc'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" netns' -l 'netns' -d 'Another network namespace: NAME (of ip netns), PATH, or pid:N for that of a process.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" 4' -s '4' -d 'IPv4 only, also on IPv6 sockets (v4-mapped).'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" 6' -s '6' -d 'IPv6 only, without v4-mapped addresses.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" output' -l 'output' -d 'Format of the answer: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" color' -l 'color' -d 'When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait"' -l 'verbose' -s 'v' -d 'Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect wait" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect release" -eq 1' -fka '(__tw-inspect_custom_completion ---completion release -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" include-fin-wait-2' -l 'include-fin-wait-2' -d 'Also end FIN_WAIT2 without a process.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" yes' -l 'yes' -d 'End them without asking.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" dry-run' -l 'dry-run' -d 'Show what it would end, and end nothing.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" source' -l 'source' -d 'Where to look: netlink, proc (/proc/net/tcp), or auto (netlink, unless it is refused).' -rfka 'auto netlink proc'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" netns' -l 'netns' -d 'Another network namespace: NAME (of ip netns), PATH, or pid:N for that of a process.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" 4' -s '4' -d 'IPv4 only, also on IPv6 sockets (v4-mapped).'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" 6' -s '6' -d 'IPv6 only, without v4-mapped addresses.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" output' -l 'output' -d 'Format of the answer: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" color' -l 'color' -d 'When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release"' -l 'verbose' -s 'v' -d 'Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect release" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect explain" -ge 1' -fka '(__tw-inspect_custom_completion ---completion explain -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain" output' -l 'output' -d 'Format of the answer: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain" color' -l 'color' -d 'When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain"' -l 'verbose' -s 'v' -d 'Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect explain" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect demo" -eq 1' -fka '1 2 3 4 5 6 7 8'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" list' -l 'list' -d 'List the claims, and do nothing.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" full' -l 'full' -d 'In claim 3, wait until a TIME_WAIT has ended, and say how long it lasted.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" source' -l 'source' -d 'Where to look: netlink, proc (/proc/net/tcp), or auto (netlink, unless it is refused).' -rfka 'auto netlink proc'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" output' -l 'output' -d 'Format of the answer: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" color' -l 'color' -d 'When to use colour: auto, always, never; auto follows NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo"' -l 'verbose' -s 'v' -d 'Print the whole answer, even on a short terminal; -vv: also what the kernel was asked, on standard error.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect demo" -eq 2' -fa 'serve' -d 'Run the textbook\'s server: accept one client and print what it sends.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect demo serve" -eq 1' -fka '(__tw-inspect_custom_completion ---completion demo serve -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo serve" reuse' -l 'reuse' -d 'Set SO_REUSEADDR before bind.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo serve" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect demo serve" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect help" version' -l 'version' -d 'Show the version.'
