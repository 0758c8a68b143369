# The part of scripts/demo that images a running server; sourced by it, in its folder, with its functions.

images=(-drive "if=none,id=images,format=raw,file=images.img" -device "virtio-blk-pci,drive=images,serial=IMAGES-1")
server=(-drive "if=none,id=server,format=raw,file=server.img" -device "virtio-blk-pci,drive=server,serial=WEB2-M3V8,bootindex=1")
blank2=(-drive "if=none,id=blank,format=raw,file=blank2.img" -device "virtio-blk-pci,drive=blank,serial=BLANK-9T4D,bootindex=1")
key=$ROOT/artifacts/guests/server-key
login=(-i "$key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes -o ConnectTimeout=30)
port=$((20000 + RANDOM % 10000))

on_server() { ssh "${login[@]}" -p $port root@127.0.0.1 "$@"; }
serve() { # OPTION...
    "${pc[@]}" -serial file:console -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=net "$@" </dev/null &
    machine=$!
    local end=$((SECONDS + limit))
    until on_server 'systemctl is-system-running --wait >/dev/null; mountpoint -q /mnt || mount LABEL=IMAGES /mnt' 2>/dev/null; do
        if ! kill -0 $machine || [ $SECONDS -ge $end ]; then tail -n 40 console; die "the server did not start"; fi
        sleep 1
    done
}
# Restarting ends the machine, too (-no-reboot). It takes the way in along.
switch_off() { # COMMAND
    on_server "$1" || true
    wait $machine || true
    machine=
}
# A command that is shown, and what it says to a person.
told() { # COMMAND
    show "$1"
    on_server "$1" 2>&1 | indent || die "the server could not"
}

step "A server that nobody may switch off: its root, /srv/data and /srv/wal are on one disk"
show "scripts/debian-server ext4 server.img"
"$ROOT/scripts/debian-server" ext4 server.img 2>&1 | indent
quietly truncate -s 3G images.img
quietly mkfs.ext4 -q -F -L IMAGES images.img
show "qemu-system-x86_64 … (the server, and a second disk for images at its /mnt)"
serve "${server[@]}" "${images[@]}"
scp -q "${login[@]}" -P $port "$ROOT/artifacts/publish/RescueKit.Cli/release/rescuekit" root@127.0.0.1:/usr/bin/

step "On the server: RescueKit's boot hook, and the one restart that it takes"
told "rescuekit agent install"
show "systemctl reboot"
switch_off "systemctl reboot"
serve "${server[@]}" "${images[@]}"

step "It writes to /srv/data, then to /srv/wal, over and over, each time until it is on the disk; and is imaged meanwhile"
cat >writes <<'END'
i=0
while :; do
    i=$((i + 1))
    for folder in /srv/data /srv/wal; do echo $i >$folder/count.new; sync $folder/count.new; mv $folder/count.new $folder/count; sync $folder; done
done
END
say "   What runs there:"
indent <writes
on_server 'cat >/root/writes; nohup sh /root/writes >/dev/null 2>&1 </dev/null &' <writes
sleep 5
command="rescuekit image create --hot /dev/vda /mnt/web2.rki --quiet-timeout 1s"
show "$command"
on_server "$command" 2>said | indent || { cat said; die "the server could not be imaged"; }
on_server 'cat /srv/wal/count' >count
say "   It has written $(cat count) times by now, and goes on."
switch_off "systemctl poweroff"

step "The rescue media restore that image onto a blank disk"
quietly truncate -s 5G blank2.img
unattended "the disk with the image, and the blank disk" "${images[@]}" "${blank2[@]}" -kernel netboot/rescuekit/vmlinuz -initrd netboot/rescuekit/initrd \
    -append "console=ttyS0 no_timer_check quiet rescuekit.run=\"image restore LABEL=IMAGES:/web2.rki /dev/vdb --confirm 9T4D\" rescuekit.then=power-off"

step "The restored server starts; all of its volumes are as they were at one instant"
show "qemu-system-x86_64 … (the restored disk)"
serve "${blank2[@]}" "${images[@]}"
on_server 'cat /srv/data/count /srv/wal/count' | tr '\n' ' ' >counts
read -r data wal <counts || true
say "   /srv/data: $data, /srv/wal: $wal"
check "the second is the first, or one behind it" [ $((data - wal)) -ge 0 -a $((data - wal)) -le 1 ]
check "the server was not held up: it had written $(cat count) times when the image was finished" [ "$data" -lt "$(cat count)" ]
switch_off "systemctl poweroff"
