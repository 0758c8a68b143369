#!/bin/busybox sh
# Process 1 of a test guest: loads the modules, then runs what the test sends and answers.
# A request is a line "ID BASE64(script)"; its answer a line "ID EXIT_CODE BASE64(stdout) BASE64(stderr)", in any order.
/bin/busybox --install -s /bin
export PATH=/sbin:/bin HOME=/tmp LC_ALL=C DM_DISABLE_UDEV=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs -o size=75% tmp /tmp
while read -r module options; do
    insmod "$module" $options || echo "init: $module did not load"
done </modules/order

until port=$(ls /dev/vport*p1 2>/dev/null); do usleep 50000; done
exec 9<>"$port"
touch /run/answers

cat >/bin/disk-by-serial <<'END'
#!/bin/sh
# Prints the device node of the disk with serial number $1; fails where there is none.
for disk in /sys/block/*; do
    device=$(readlink -f "$disk/device")
    for file in "$disk/serial" "$device/serial" "$device/vpd_pg80" "$device/../../../../serial"; do
        [ "$(tr -cd '[:alnum:]-' <"$file" 2>/dev/null)" = "$1" ] && echo "/dev/${disk##*/}" && exit
    done
done
exit 1
END
chmod 755 /bin/disk-by-serial
echo "ready 0 - -" >&9

run() { # ID
    sh "/run/$1" >"/run/$1.out" 2>"/run/$1.err" </dev/null 9<&-
    code=$?
    (
        flock 8 # one answer at a time
        echo "$1 $code $(base64 -w 0 "/run/$1.out")= $(base64 -w 0 "/run/$1.err")=" >&9
    ) 8</run/answers
    rm -f "/run/$1" "/run/$1.out" "/run/$1.err"
}

serve() {
    while :; do
        while read -r id script; do
            echo "$script" | base64 -d >"/run/$id"
            run "$id" &
        done <&9
        usleep 50000 # nobody listens at the other end
    done
}
serve &
# Process 1 takes leave of the dead whose parents died before them.
while :; do wait; done
