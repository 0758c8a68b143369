# scripts/bench's corpora: real files of this machine in file systems made by their own tools, without root.

# Readable regular files of the machine, the largest left out, up to so many MiB; sorted, so that every run picks the same.
list_files() { # MIB
    { find /usr /opt /var/lib /etc -xdev -type f -readable -size -65536k -printf '%s %p\n' 2>/dev/null || true; } | sort -k2 \
        | awk -v limit=$(($1 << 20)) '(sum += $1) <= limit { print substr($0, index($0, " ") + 1) }'
}

# mke2fs fills the file system itself, at any place of a larger file.
make_ext4() { # FILE SIZE_GIB USED_MIB [OFFSET_MIB]
    say "making $1: ext4 of $2 GiB with $3 MiB of files"
    local tree
    tree=$(mktemp -d "${TMPDIR:-/var/tmp}/rescuekit-bench-tree.XXXXXX")
    list_files "$3" | tar -cf - -T - 2>/dev/null | tar -xf - -C "$tree" || true
    [ -e "$1" ] || truncate -s "$2G" "$1"
    mke2fs -q -F -t ext4 -d "$tree" -E offset=$((${4:-0} << 20)) "$1" "$2G"
    chmod -R u+rwX "$tree"
    rm -rf "$tree"
}

# ntfscp needs no mount, but some 20 ms for each file: files below 100 KiB are left out.
make_ntfs() { # FILE SIZE_GIB USED_MIB
    say "making $1: NTFS of $2 GiB with $3 MiB of files"
    truncate -s "$2G" "$1"
    mkntfs -q -F -f -s 512 -p 0 "$1" 2>/dev/null
    local file number=0
    list_files 100000 | xargs -d '\n' stat -c '%s %n' \
        | awk -v limit=$(($3 << 20)) '$1 >= 102400 && NR % 3 == 0 && (sum += $1) <= limit { sub(/^[0-9]+ /, ""); print }' \
        | while IFS= read -r file; do
            number=$((number + 1))
            ntfscp -q "$1" "$file" "$number-$(basename "$file")" >/dev/null
        done
}

# A GPT disk with one ext4 partition at its start and nothing behind it.
make_disk() { # FILE SIZE_GIB PARTITION_GIB USED_MIB
    truncate -s "$2G" "$1"
    sgdisk --new=1:1M:+"$3G" --typecode=1:8300 "$1" >/dev/null
    make_ext4 "$1" "$3" "$4" 1
}
