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
            __tw-inspect_parse_subcommand -r 1 'side=' 'all' 'state=+' 'sort=' 'limit=' 'expect=' 'output=' 'json' 'header' 'color=' 'source=' '4' '6' 'q/quiet' 'v/verbose' 'version' 'h/help'
        case 'trybind'
            __tw-inspect_parse_subcommand 1 'reuse' 'reuse-port' 'address=+' 'v6-only' 'interface=' 'listen' 'yes' 'output=' 'json' 'header' 'color=' 'source=' '4' '6' 'q/quiet' 'v/verbose' 'version' 'h/help'
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
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'port' -d 'Show the sockets on a port that only a timer keeps (TIME_WAIT), or all of them.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'trybind' -d 'Try whether a server could bind a port, and explain if it could not.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect port" -ge 1' -fka '(__tw-inspect_custom_completion ---completion port -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" side' -l 'side' -d 'Whose port: local (these hold it), peer (connections to it elsewhere), any.' -rfka 'local peer any'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" all' -l 'all' -d 'List sockets in every state.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port"' -l 'state' -d 'List sockets in these states, by ss\'s names and groups (time-wait,listen,connected ...).' -rfka 'all connected synchronized bucket big listen bound syn-sent syn-recv established fin-wait-1 fin-wait-2 closing close-wait last-ack time-wait close'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" sort' -l 'sort' -d 'Order: time (longest left first), peer, none (as the kernel has them).' -rfka 'time peer none'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" limit' -l 'limit' -d 'Print at most so many sockets; all are counted.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" expect' -l 'expect' -d 'Exit 1 unless none, or some, were listed: none, some.' -rfka 'none some'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" output' -l 'output' -d 'How the answer is written: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" color' -l 'color' -d 'When to use colour: auto, always, never; auto heeds NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" source' -l 'source' -d 'Where to look: netlink, proc (/proc/net/tcp), or auto, which takes netlink unless it is refused.' -rfka 'auto netlink proc'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" 4' -s '4' -d 'IPv4 only, also where it arrives at an IPv6 socket (v4-mapped).'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" 6' -s '6' -d 'IPv6 only, without v4-mapped addresses.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" v verbose' -l 'verbose' -s 'v' -d 'Say on standard error what was asked of the kernel and how long it took.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect port" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_positional "tw-inspect trybind" -eq 1' -fka '(__tw-inspect_custom_completion ---completion trybind -- positional@0 (count (__tw-inspect_tokens -pc)) (__tw-inspect_tokens -tC))'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" reuse' -l 'reuse' -d 'Your server sets SO_REUSEADDR.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" reuse-port' -l 'reuse-port' -d 'Your server sets SO_REUSEPORT.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind"' -l 'address' -d 'An address that your server binds; repeat it for several.' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" v6-only' -l 'v6-only' -d 'Your server sets IPV6_V6ONLY on its IPv6 sockets.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" interface' -l 'interface' -d 'Your server is tied to this device (SO_BINDTODEVICE).' -rfka ''
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" listen' -l 'listen' -d 'Try listen() too; a client could connect in that instant.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" yes' -l 'yes' -d 'Go ahead where --listen with --reuse-port could take connections of a live listener.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" output' -l 'output' -d 'How the answer is written: table, plain, json, jsonl.' -rfka 'table plain json jsonl'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" json' -l 'json' -d 'Short for --output json.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" header' -l 'header' -d 'Put the column names above plain output.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" color' -l 'color' -d 'When to use colour: auto, always, never; auto heeds NO_COLOR, CLICOLOR_FORCE and TERM.' -rfka 'auto always never'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" source' -l 'source' -d 'Where to look: netlink, proc (/proc/net/tcp), or auto, which takes netlink unless it is refused.' -rfka 'auto netlink proc'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" 4' -s '4' -d 'IPv4 only, also where it arrives at an IPv6 socket (v4-mapped).'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" 6' -s '6' -d 'IPv6 only, without v4-mapped addresses.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" q quiet' -l 'quiet' -s 'q' -d 'Print nothing; the exit status is the answer.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" v verbose' -l 'verbose' -s 'v' -d 'Say on standard error what was asked of the kernel and how long it took.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" version' -l 'version' -d 'Show the version.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect trybind" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tw-inspect' -n '__tw-inspect_should_offer_completions_for_flags_or_options "tw-inspect help" version' -l 'version' -d 'Show the version.'
