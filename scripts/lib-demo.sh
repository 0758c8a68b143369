# Shared by the demos, after lib.sh: steps that are numbered, commands that are shown, checks that are counted.

problems=0
number=0
step() { number=$((number + 1)); printf '\n\033[1m%d. %s\033[0m\n' $number "$*"; }
show() { printf '   $ %s\n' "$*"; }
indent() { sed -u 's/^/     /'; }
run() { show "$@"; "$@" 2>&1 | indent; }
quietly() { show "$@"; "$@" >log 2>&1 || { indent <log; die "'$1' failed"; }; }
rescue() { show "rescuekit $*"; "$rescuekit" "$@" 2>&1 | indent || die "rescuekit failed"; }
proven() { printf '   ok   %s\n' "$*"; }
wrong() { problems=$((problems + 1)); printf '   BAD  %s\n' "$*"; indent <log; }
# Tools whose exit code tells: quiet when all is well.
check() { # WHAT COMMAND...
    local what=$1; shift
    if "$@" >log 2>&1; then proven "$what"; else wrong "$what"; fi
}
verdict() { # SENTENCE
    say
    if [ $keep = yes ]; then say "Left in $work"; fi
    if [ $problems -eq 0 ]; then
        say "VERDICT: $* ($SECONDS s)"
    else
        say "VERDICT: $problems checks FAILED. ($SECONDS s)"
        exit 1
    fi
}
