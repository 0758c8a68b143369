# scripts/bench's table: medians of runs.tsv (JOB, seconds, MiB) and sizes.tsv (JOB, bytes), each bar with its verdict.

median() { # JOB: seconds
    awk -F '\t' -v job="$1" '$1 == job { print $2 }' "$runs" | sort -n \
        | awk '{ v[NR] = $1 } END { if (NR) printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
peak() { awk -F '\t' -v jobs="$1" '$1 ~ jobs && $3 > max { max = $3 } END { print max + 0 }' "$runs"; } # PATTERN: MiB
bytes() { awk -F '\t' -v job="$1" '$1 == job { last = $2 } END { print last }' sizes.tsv; }
megabytes() { awk -v bytes="$(bytes "$1")" 'BEGIN { if (bytes) printf "%.0f MB", bytes / 1e6; else print "-" }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# Rows: job | ours | theirs | ratio | bar | verdict.
at_least() { # LABEL OURS_SECONDS PEER THEIRS_SECONDS FACTOR
    local r; r=$(ratio "$4" "$2")
    printf '| %s | %s s | %s %s s | %s× | ≥ %s× | %s |\n' "$1" "$2" "$3" "$4" "$r" "$5" \
        "$(awk -v r="$r" -v f="$5" 'BEGIN { print (r >= f ? "met" : "missed") }')"
}
at_most() { # LABEL OURS THEIRS_TEXT VALUE LIMIT UNIT
    printf '| %s | %s | %s | %s%s | ≤ %s%s | %s |\n' "$1" "$2" "$3" "$4" "$6" "$5" "$6" \
        "$(awk -v v="$4" -v l="$5" 'BEGIN { print (v <= l ? "met" : "missed") }')"
}

print_measured() { # NAME
    local program
    printf '\n%s, every program (seconds; image size; peak memory of its largest process)\n\n' "$1"
    printf '| program | create | size | verify | restore | peak |\n| --- | --- | --- | --- | --- | --- |\n'
    for program in "rescuekit lz4" "rescuekit zstd" "borg lz4" "partclone zstd" "partclone lz4" "partclone pigz" "qemu-img zstd" restic; do
        printf '| %s | %s | %s | %s | %s | %s MiB |\n' "$program" "$(median "$1 create $program")" "$(megabytes "$1 create $program")" \
            "$(median "$1 verify $program")" "$(median "$1 restore $program")" "$(peak "^$1 [a-z]+ $program\$")"
    done | sed 's/|  |/| – |/g; s/|  |/| – |/g'
}

print_table() {
    local name codec
    printf 'Measured %s: %s cores (%s), %s rounds, medians, inputs and outputs in memory, whole processes.\n\n' \
        "$(date -u +%F)" "$(nproc)" "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" "$rounds"
    printf '| job | RescueKit | measured against | ratio | bar | verdict |\n| --- | --- | --- | --- | --- | --- |\n'
    for name in ext4 ntfs; do
        local lz4 zstd
        lz4=$(median "$name create rescuekit lz4") zstd=$(median "$name create rescuekit zstd")
        at_least "$name: create, LZ4" "$lz4" "borg, fixed chunks, LZ4:" "$(median "$name create borg lz4")" 2
        at_least "$name: create, LZ4" "$lz4" "partclone + zstd -1 -T2:" "$(median "$name create partclone zstd")" 4
        at_least "$name: create, zstd 1" "$zstd" "partclone + zstd -1 -T2:" "$(median "$name create partclone zstd")" 2.5
        at_most "$name: size, zstd 1" "$(megabytes "$name create rescuekit zstd")" \
            "partclone + zstd: $(megabytes "$name create partclone zstd")" \
            "$(awk -v a="$(bytes "$name create rescuekit zstd")" -v b="$(bytes "$name create partclone zstd")" 'BEGIN { printf "%.1f", 100 * a / b }')" 105 " %"
        zstd=$(median "$name restore rescuekit zstd")
        at_least "$name: restore, zstd" "$zstd" "partclone from zstd:" "$(median "$name restore partclone zstd")" 2
        at_least "$name: restore, zstd" "$zstd" "qemu-img convert from qcow2:" "$(median "$name restore qemu-img zstd")" 1
        at_least "$name: verify, zstd" "$(median "$name verify rescuekit zstd")" "partclone.chkimg from zstd:" \
            "$(median "$name verify partclone zstd")" 4
        for codec in lz4 zstd; do
            at_least "$name: create, ${codec/lz4/LZ4}" "$(median "$name create rescuekit $codec")" "digest and codec alone, both cores:" \
                "$(median "$name create limit $codec")" 0.8
            at_least "$name: verify, ${codec/lz4/LZ4}" "$(median "$name verify rescuekit $codec")" "digest and codec alone, both cores:" \
                "$(median "$name restore limit $codec")" 0.8
            at_least "$name: restore over a disk, ${codec/lz4/LZ4}" "$(median "$name overwrite rescuekit $codec")" \
                "digest and codec alone, both cores:" "$(median "$name restore limit $codec")" 0.8
        done
    done
    at_most "peak memory, 4 GiB disk" "$(peak '^ext4 [a-z]+ rescuekit') MiB" "–" "$(peak '^ext4 [a-z]+ rescuekit')" 256 " MiB"
    at_most "peak memory, 400 GiB sparse disk" "$(peak '^400 GiB ') MiB" "–" "$(peak '^400 GiB ')" 256 " MiB"
    at_most "peak memory, $distinct distinct chunks" "$(peak '^distinct ') MiB" "–" "$(peak '^distinct ')" 256 " MiB"
    at_most "2 TiB disk, 1 GiB used: time" "$(median "2048 GiB create") s" "the same partition on 101 GiB: $(median "101 GiB create") s" \
        "$(ratio "$(median "2048 GiB create")" "$(median "101 GiB create")")" 1.25 "×"
    at_most "2 TiB disk, 1 GiB used: image size" "$(megabytes "2048 GiB create")" "the same partition on 101 GiB: $(megabytes "101 GiB create")" \
        "$(ratio "$(bytes "2048 GiB create")" "$(bytes "101 GiB create")")" 1.05 "×"
    at_most "start-up (\`--version\`)" "$(median start-up) s" "–" "$(median start-up)" 0.15 " s"
    print_measured ext4
    print_measured ntfs
}
