# stamps.pl fill|write WRITER SEED SECTORS FIRST_SEQUENCE synced|buffered
#
# Overwrites /live1/stampsWRITER and /live2/stampsWRITER, in turn, in random places and sizes, until /tmp/stop is there; every sector of 512
# bytes tells what it is (its layout: Stamps/Stamp.cs). Afterwards /tmp/stampsWRITER.log has a line for each write, in the order in which
# they were made: "SEQUENCE VOLUME SECTOR COUNT BEGUN ENDED", times in ns of the monotonic clock. Touches /tmp/goingWRITER now and then.
# `fill` writes each file once from its beginning to its end. Needs no module of Perl's.
my ($what, $writer, $seed, $sectors, $sequence, $mode) = @ARGV;
my ($fdatasync, $clock_gettime, $rdwr_creat, $dsync) = (75, 228, 0102, 010000); # of Linux on x86-64
srand $seed;

sub now {
    my $time = "\0" x 16;
    syscall($clock_gettime, 1, $time) == 0 or die "clock: $!";
    my ($seconds, $nanoseconds) = unpack 'qq', $time;
    return $seconds * 1000000000 + $nanoseconds;
}

sub stamp {
    my ($volume, $sector, $time) = @_;
    my $bytes = pack('a8 L< S< S< Q< Q< Q< Q<', 'RKSTAMP1', 0, $writer, $volume, $sequence, $sector, $time, $seed)
        . pack('L<', ($sequence ^ $sector) & 0xffffffff) x 116;
    substr($bytes, 8, 4) = pack 'L<', unpack('%32L<*', $bytes);
    return $bytes;
}

my (@files, @log);
for my $volume (1, 2) {
    sysopen($files[$volume], "/live$volume/stamps$writer", $rdwr_creat | ($mode eq 'synced' ? $dsync : 0)) or die "volume $volume: $!";
}

sub put {
    my ($volume, $sector, $count) = @_;
    my $begun = now();
    my $bytes = join '', map { stamp($volume, $sector + $_, $begun) } 0 .. $count - 1;
    sysseek($files[$volume], $sector * 512, 0) // die "seek: $!";
    syswrite($files[$volume], $bytes) == length $bytes or die "write: $!";
    push @log, join(' ', $sequence, $volume, $sector, $count, $begun, now()) . "\n";
    $sequence++;
}

sub sync_all { syscall($fdatasync, fileno($files[$_]) + 0) == 0 or die "fdatasync: $!" for 1, 2 }

if ($what eq 'fill') {
    for my $volume (1, 2) {
        for (my $sector = 0; $sector < $sectors; $sector += 256) { put($volume, $sector, 256) }
    }
} else {
    for (my $i = 0; !-e '/tmp/stop'; $i++) {
        my $count = 1 + int(rand() < 0.5 ? rand 8 : rand 48);
        put(1 + $i % 2, int rand($sectors - $count + 1), $count);
        sync_all() if $mode eq 'buffered' && rand() < 0.05;
        if ($i % 8 == 7) { open my $mark, '>', "/tmp/going$writer" }
        select undef, undef, undef, rand 0.03;
    }
}
sync_all();
open my $out, '>', "/tmp/stamps$writer.log" or die "log: $!";
print $out @log;
close $out or die "log: $!";
