# What `scripts/package` makes of the help texts: `source` it after lib.sh.

# Every command of a program, one a line, as its words ("agent run"); the program itself is an empty line. Read off its own help.
command_paths() { # PROGRAM [WORDS...]
    local program=$1 name
    shift
    echo "$*"
    "$program" "$@" --help | awk '/^Commands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }' | while read -r name; do
        command_paths "$program" "$@" "$name" </dev/null
    done
}

# Its options and sub-commands, for completion.
command_words() { # PROGRAM [WORDS...]
    "$@" --help | awk '
        /^[A-Z][a-z]*:/ { part = $1; next }
        part == "Commands:" && /^  [a-z]/ { print $1 }
        part == "Options:" && /^  -/ { for (i = 1; i <= NF && $i ~ /^-/; i++) { word = $i; sub(/,$/, "", word); if (word ~ /^--/) print word } }' | sort -u | tr '\n' ' ' | sed 's/ $//'
}

man_page() { # PROGRAM VERSION
    local path
    cat <<ROFF
.TH RESCUEKIT 1 "$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%d)" "RescueKit $2" "User Commands"
.SH NAME
rescuekit \- image whole disks, also while they are in use, and put them back
.SH SYNOPSIS
.B rescuekit
.I COMMAND
[\fIOPTIONS\fR]
.SH DESCRIPTION
RescueKit images whole disks and puts them back: partition tables, boot code and the used blocks of every partition. An image made from a
running system and one made from the rescue media are the same; either side restores what the other has made. The source is only read.
.PP
The service \fBrescuekit\-agent\fR makes backups by the schedule in \fI/etc/rescuekit/agent.json\fR; an example is
\fI/usr/share/rescuekit/agent.json\fR. It starts nothing while there is no such file.
.SH COMMANDS
ROFF
    command_paths "$1" | while read -r path; do
        if [ -n "$path" ]; then printf '.SS rescuekit %s\n' "$path"; fi
        # shellcheck disable=SC2086
        printf '.nf\n'
        "$1" $path --help </dev/null | sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\\([.']\\)/\\\\\\&\\1/" -e 's/[ ]*$//' | cat -s
        printf '.fi\n'
    done
    cat <<'ROFF'
.SH EXIT STATUS
0 done; 1 failed; 2 bad usage; 3 image or chain damaged, incomplete, tampered with, or not opened by this passphrase; 4 refused for safety;
5 done, but with unreadable sectors or skipped parts; 130 cancelled.
.SH FILES
.TP
.I /etc/rescuekit/agent.json
What the agent backs up, where to and when. \fBrescuekit agent check\-config\fR says what is wrong with it. It and its folder
must belong to root, and nobody else may write them.
.TP
.I /var/lib/rescuekit/agent/state.json
When jobs have run, and which images they have made: no others are ever removed.
.TP
.I /run/rescuekit/host.sock
The agent's socket, for root alone.
.SH ENVIRONMENT
A job's \fIon_failure\fR command finds RESCUEKIT_JOB, RESCUEKIT_RUN, RESCUEKIT_EXIT_CODE, RESCUEKIT_VERDICT, RESCUEKIT_MESSAGE,
RESCUEKIT_SOURCE and RESCUEKIT_IMAGE in its environment.
.SH SEE ALSO
.BR systemd.time (7),
.BR journalctl (1)
ROFF
}

bash_completion() { # PROGRAM
    local path
    printf '# bash completion for rescuekit, made from its help texts\n_rescuekit() {\n    local cur=${COMP_WORDS[COMP_CWORD]} path= word words\n'
    printf '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do\n        case "$path $word" in\n'
    command_paths "$1" | while read -r path; do
        case $path in
            '') ;;
            *' '*) printf '            "%s") path="%s" ;;\n' "$path" "$path" ;;
            *) printf '            " %s") path="%s" ;;\n' "$path" "$path" ;;
        esac
    done
    printf '        esac\n    done\n    case $path in\n'
    command_paths "$1" | while read -r path; do
        # shellcheck disable=SC2086
        printf '        "%s") words="%s" ;;\n' "$path" "$(command_words "$1" $path </dev/null)"
    done
    cat <<'BASH'
    esac
    COMPREPLY=()
    case $cur in
        -*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
        *)
            mapfile -t COMPREPLY < <(compgen -W "$(printf '%s\n' $words | grep -v '^-')" -- "$cur")
            [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
    esac
}
complete -o filenames -F _rescuekit rescuekit
BASH
}
