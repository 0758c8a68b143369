using RescueKit.Agent.Protocol;
using RescueKit.Cli.Json;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;
using RescueKit.Images.Format;
using RescueKit.Model;
using RescueKit.Snapshots;

namespace RescueKit.Cli.Tests.Fakes;

/// <summary>One of each document, every field filled with something of its own.</summary>
internal static class Samples
{
    private const long GiB = 1L << 30;
    private static readonly Guid Id = new("0f0e0d0c-0b0a-4908-8706-050403020100");
    private const string Digest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    public static DateTimeOffset At { get; } = new(2026, 11, 30, 2, 30, 0, TimeSpan.FromHours(1));

    public static SnapshotDocument Snapshot { get; } = SnapshotDocument.Of(
        new KeptSnapshot("1a2b3c4d", "device-mapper", At, new FreezeTimes(TimeSpan.FromMilliseconds(34.5), TimeSpan.FromMilliseconds(4)), Consistency.Application, IsKept: true,
        [
            new KeptVolume("partition 2 of /dev/sda", 20 * GiB, "/dev/dm-7", Consistency.Application, ["/", "/srv"], "memory", new FrozenState(false, 3 << 20, 2 * GiB, 1)),
            new KeptVolume("partition 3 of /dev/sda", 512 << 20, "/dev/dm-9", Consistency.FileSystem, ["/boot/efi"], "memory", new FrozenState(false, 0, GiB / 2, 0)),
        ]),
        ["The writer pg1 was not asked: none of its files lie there."]);

    /// <summary>Of a run; its pool has taken it with it.</summary>
    public static SnapshotDocument LostSnapshot { get; } = SnapshotDocument.Of(
        new KeptSnapshot("0badcafe", "lvm", At.AddDays(1), new FreezeTimes(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(1.5)), Consistency.Crash, IsKept: false,
            [new KeptVolume("/dev/mapper/vg0-data", 4 * GiB, "/dev/dm-12", Consistency.Crash, [], "the pool of vg0/data", new FrozenState(true, null, null, 0))]),
        []);

    public static AgentStatus Agent { get; } = new("/etc/rescuekit/agent.json", At.AddDays(-3), "line 7: 'levle' is no member of a job",
    [
        new JobStatus
        {
            Name = "system",
            Source = "/dev/sda",
            Folder = "/backup",
            Schedule = "Mon..Fri 02:30",
            NextRunAt = At,
            State = "running",
            WaitsFor = null,
            Running = new JobProgress(12, At, "/backup/web1-system-2026-11-30-023000.rki", 4, new RunProgress("reading", 100, 200, 50.5, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3.5), 0) { Partition = 2 }),
            Last = new JobResult
            {
                Number = 11,
                Reason = "catch-up",
                StartedAt = At.AddDays(-1),
                FinishedAt = At.AddDays(-1).AddMinutes(7),
                Verdict = "failed",
                ExitCode = 1,
                Error = "/dev/sda: cannot be read",
                Image = "/backup/web1-system-2026-11-29-023000.rki",
                ImageId = Id,
                BytesStored = 0,
                BytesRead = 4096,
                Receipt = "/backup/web1-system-2026-11-29-023000.rki.receipt.json",
                Warnings = ["An old image could not be removed."],
            },
            LastCompleteAt = At.AddDays(-2),
            Images = 5,
        },
        new JobStatus { Name = "data", Source = "/dev/sdb", Folder = "/backup", Schedule = "weekly", State = "waiting", WaitsFor = "other jobs" },
    ]);

    public static RunPlan Plan { get; } = new()
    {
        Operation = "restore",
        From = new PlanDisk("web1.rki", 500 * GiB, "Samsung SSD 970 EVO", "S4EVNX0M10841X", "image of Samsung SSD 970 EVO"),
        Onto = new PlanDisk("/dev/sdb", 931 * GiB, "WDC WD10EZEX", "WD-WCC6Y7Y7K2P", "WDC WD10EZEX, serial …Y7K2P"),
        Items =
        [
            new PlanItem(null, null, "tables, boot code, gaps", null, 3 << 20, 3 << 20, "whole", null, null),
            new PlanItem(1, 1, "FAT32", "ESP", GiB / 2, GiB / 10, "used blocks", null, null),
            new PlanItem(2, 3, "NTFS", "C:", 400 * GiB, 400 * GiB, "whole", "hibernated", 71 * GiB),
        ],
        Lost = ["partition 1: NTFS \"Archive\", 931.5 GiB"],
        Warnings = ["The backup GPT moves to the new end of the disk."],
        ConfirmId = "Y7K2P",
        BytesToRead = 400 * GiB + GiB / 10,
        BytesToWrite = 400 * GiB + GiB / 10 + 1,
    };

    public static Receipt Receipt { get; } = new()
    {
        Operation = "backup",
        Verdict = "complete with losses",
        ToolVersion = "0.1.0",
        StartedAt = new DateTimeOffset(2026, 11, 21, 2, 0, 0, TimeSpan.Zero),
        FinishedAt = new DateTimeOffset(2026, 11, 21, 3, 23, 20, TimeSpan.Zero),
        Source = "/dev/sda",
        Target = "web1.rki",
        ImageId = Id,
        RootDigest = Digest,
        BytesRead = 300 * GiB,
        BytesWritten = 120 * GiB,
        BytesStored = 119 * GiB,
        BytesVerified = 118 * GiB,
        BytesUnreadable = 8192,
        BytesExcluded = 2 * GiB,
        Parts = 2,
        Unreadable = [new UnreadableRange(1048576, 4096, 2), new UnreadableRange(8388608, 4096, null)],
        Partitions = [new PlanItem(2, null, "ext4", "root", 232 * GiB, 81 * GiB, "used blocks", null, null)],
        Warnings = ["Partition 3 was left out."],
        Skipped = ["Partition 4 is not part of the image."],
        SourceMetadataBefore = Digest,
        SourceMetadataAfter = Digest,
        Hot = Hot,
        Error = null,
        ExitCode = 5,
    };

    public static HotRecord Hot => new("file-system", "device-mapper", 0.25)
    {
        Volumes = [new HotVolume(1, "application"), new HotVolume(2, "file-system")],
        Writers =
        [
            new HotWriter("orders", "postgresql", "frozen", null, 0.5, "LSN 0/1A2B3C4D", [1], "ready"),
            new HotWriter("shop", "mariadb", "failed", "did not answer within 30 s", 30, null, [2], null),
        ],
        Databases = [new HotDatabase("mariadbd", "/var/lib/mysql", [2], null)],
        WriterSeconds = 30.75,
        Quiet = new HotQuiet(5, 7.5, true),
    };

    public static DiskDocument Disk { get; } = new()
    {
        Path = "/dev/sda",
        Kind = "disk",
        Length = 500107862016,
        Model = "Samsung SSD 970 EVO",
        Serial = "S4EVNX0M10841X",
        Wwn = "eui.0025385b71b0841x",
        Bus = "nvme",
        Port = "pci-0000:01:00.0",
        ConfirmId = "10841X",
        LogicalSectorSize = 512,
        PhysicalSectorSize = 4096,
        ReadOnly = true,
        Removable = true,
        Rotational = true,
        SystemDisk = true,
        Uses = ["partition 2 mounted at /"],
        Table = "gpt",
        TableSectorSize = 512,
        DiskId = "9b1c2d3e-0000-4000-8000-000000000001",
        Partitions =
        [
            new PartitionDocument
            {
                Number = 2,
                Offset = 537919488,
                Length = 249108103168,
                Type = "0fc63daf-8483-4772-8e79-3d69d8477de4",
                TypeName = "Linux filesystem",
                Id = "9b1c2d3e-0000-4000-8000-000000000002",
                Name = "root",
                FileSystem = "ext4",
                Label = "rootfs",
                Uuid = "9b1c2d3e-0000-4000-8000-000000000003",
                BlockSize = 4096,
                UsedBytes = 87296000000,
                WholeReason = "needs journal replay with fast commits: taken whole",
                Unclean = true,
                Hibernated = true,
                SetMember = true,
                MountedAt = "/",
                Warnings = ["The free count of group 7 is wrong."],
                Nested =
                [
                    new NestedDocument
                    {
                        Name = "logical volume vg/home",
                        Length = 1073741824,
                        UsedBytes = 41943040,
                        Partitions = [new PartitionDocument { Number = 0, Offset = 0, Length = 1073741824, Type = "none", FileSystem = "XFS", BlockSize = 4096, UsedBytes = 41943040, Warnings = [] }],
                    },
                ],
            },
        ],
        Warnings = ["The primary GPT is damaged; the backup was used."],
        Error = null,
    };

    public static ImageDocument Image { get; } = new()
    {
        Path = "web1.rki",
        ImageId = Id,
        Complete = true,
        Encrypted = true,
        Opened = true,
        Codec = "lz4",
        ChunkSize = 262144,
        RootDigest = Digest,
        Parent = new ParentDocument(Id, Digest),
        Parts = [new PartDocument("web1.rki", 4294967295), new PartDocument("web1.rki.002", 1000)],
        MissingParts = [3],
        StoredBytes = 4294968295,
        UsedBytes = 8589936590,
        DoneBytes = 8589936590,
        UnreadableBytes = 4096,
        ExcludedBytes = 8192,
        Writer = "rescuekit 0.1.0",
        Taken = new TakingDocument("cold", "offline", new DateTimeOffset(2026, 11, 21, 2, 0, 0, TimeSpan.Zero), "web1", "dm", ["postgres"], 0.25)
        {
            WriterResults = [new TakingWriter("postgres", "postgresql", "frozen", null, 0.5, "LSN 0/1A2B3C4D", [2])],
            WriterSeconds = 0.75,
            Databases = [new TakingDatabase("mongod", "/var/lib/mongodb", [2], null)],
            QuietSeconds = 7.5,
            QuietReached = true,
        },
        Disk = new ImageDiskDocument("/dev/sda", 500107862016, 512, 4096, "gpt", "9b1c2d3e-0000-4000-8000-000000000001", "Samsung SSD 970 EVO",
            "S4EVNX0M10841X", "eui.0025385b71b0841x", "nvme"),
        Partitions =
        [
            new ImageVolumeDocument(2, 537919488, 249108103168, "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux filesystem",
                "9b1c2d3e-0000-4000-8000-000000000002", "root", "ext4", "rootfs", "9b1c2d3e-0000-4000-8000-000000000003", 4096, 87296000000, true,
                "needs journal replay", true, 8192, true, true, ["A warning."])
            {
                Consistency = "file-system",
            },
        ],
        Warnings = ["The primary GPT is damaged; the backup at the end of the disk was used."],
        Repairs = ["The index was rebuilt by scanning."],
    };

    public static Container Group { get; } = new()
    {
        Id = "RMQzBa-J6Vw",
        Kind = ContainerKind.Lvm,
        Name = "vg0",
        Members = ["/dev/sda2", "/dev/sdb"],
        IsOpen = true,
        IsOurs = true,
        Volumes =
        [
            new ContainerVolume("root", "/dev/mapper/vg0-root", "ext4", "rootfs", 20L << 30, "/run/rescuekit/places/p1", null),
            new ContainerVolume("fast", null, null, null, 1L << 30, null, "its driver (cache) writes to the disks even where it is only read"),
        ],
    };

    public static Container Encryption { get; } = new() { Id = "7e6f3f9a", Kind = ContainerKind.Luks, Name = "sdc1", Members = ["/dev/sdc1"], CanOpen = false, Problem = "something", Volumes = [] };
}
