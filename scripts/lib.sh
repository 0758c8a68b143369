# Shared by the scripts beside it: `source` it, do not run it.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# mkfs, sgdisk and fsck live in sbin, which Debian leaves out of a user's PATH.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# Where Microsoft's installers put dotnet when they do not touch PATH.
command -v dotnet >/dev/null || PATH="$PATH:${HOME:-/root}/.dotnet:/usr/share/dotnet:/usr/lib/dotnet"
# The tools' output is read by programs here.
export LC_ALL=C
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A build node that stays behind would keep a pipeline's standard output open.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export DOTNET_CLI_HOME=${DOTNET_CLI_HOME:-${HOME:-/tmp}}

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
usage_error() { printf '%s: %s (see --help)\n' "$(basename "$0")" "$*" >&2; exit 2; }

# The comment block at the top of the calling script is its help text.
help_from_header() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }
