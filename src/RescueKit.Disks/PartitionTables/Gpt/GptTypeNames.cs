namespace RescueKit.Disks.PartitionTables.Gpt;

/// <summary>What people call the common GPT partition types (UEFI, Microsoft, the Discoverable Partitions Specification, Apple, FreeBSD).</summary>
internal static class GptTypeNames
{
    private static readonly Dictionary<Guid, string> s_names = new()
    {
        [new("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")] = "EFI system",
        [new("21686148-6449-6e6f-744e-656564454649")] = "BIOS boot",
        [new("024dee41-33e7-11d3-9d69-0008c781f39f")] = "MBR partition scheme",
        [new("e3c9e316-0b5c-4db8-817d-f92df00215ae")] = "Microsoft reserved",
        [new("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")] = "Windows data",
        [new("de94bba4-06d1-4d40-a16a-bfd50179d6ac")] = "Windows recovery",
        [new("5808c8aa-7e8f-42e0-85d2-e1e90434cfb3")] = "Windows dynamic disk metadata",
        [new("af9b60a0-1431-4f62-bc68-3311714a69ad")] = "Windows dynamic disk data",
        [new("e75caf8f-f680-4cee-afa3-b001e56efc2d")] = "Windows Storage Spaces",
        [new("0fc63daf-8483-4772-8e79-3d69d8477de4")] = "Linux",
        [new("0657fd6d-a4ab-43c4-84e5-0933c84b4f4f")] = "Linux swap",
        [new("e6d6d379-f507-44c2-a23c-238f2a3df928")] = "Linux LVM",
        [new("a19d880f-05fc-4d3b-a006-743f0f84911e")] = "Linux RAID",
        [new("ca7d7ccb-63ed-4c53-861c-1742536059cc")] = "Linux LUKS",
        [new("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")] = "Linux root (x86-64)",
        [new("b921b045-1df0-41c3-af44-4c6f280d3fae")] = "Linux root (ARM 64)",
        [new("44479540-f297-41b2-9af7-d131d5f0458a")] = "Linux root (x86)",
        [new("933ac7e1-2eb4-4f13-b844-0e14e2aef915")] = "Linux home",
        [new("3b8f8425-20e0-4f3b-907f-1a25a76f98e8")] = "Linux server data",
        [new("4d21b016-b534-45c2-a9fb-5c16e091fd2d")] = "Linux variable data",
        [new("bc13c2ff-59e6-4262-a352-b275fd6f7172")] = "Linux extended boot",
        [new("8da63339-0007-60c0-c436-083ac8230908")] = "Linux reserved",
        [new("48465300-0000-11aa-aa11-00306543ecac")] = "HFS+",
        [new("7c3457ef-0000-11aa-aa11-00306543ecac")] = "APFS",
        [new("426f6f74-0000-11aa-aa11-00306543ecac")] = "Apple boot",
        [new("516e7cb4-6ecf-11d6-8ff8-00022d09712b")] = "FreeBSD data",
        [new("516e7cb5-6ecf-11d6-8ff8-00022d09712b")] = "FreeBSD swap",
        [new("516e7cb6-6ecf-11d6-8ff8-00022d09712b")] = "FreeBSD UFS",
        [new("516e7cba-6ecf-11d6-8ff8-00022d09712b")] = "FreeBSD ZFS",
        [new("83bd6b9d-7f41-11dc-be0b-001560b84f0f")] = "FreeBSD boot",
        [new("6a898cc3-1dd2-11b2-99a6-080020736631")] = "ZFS",
    };

    public static string? Of(Guid type) => s_names.GetValueOrDefault(type);
}
