using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Engine.Survey;
using RescueKit.Images.Codecs;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Serving;

/// <summary>Images as the clients see them that people use.</summary>
[Collection("disks")]
public class NbdRealClientTests(DiskFixture disks)
{
    [Theory]
    [InlineData("gpt", CodecKind.Lz4)]
    [InlineData("mbr", CodecKind.Zstd)]
    public void They_read_the_disk(string kind, CodecKind codec)
    {
        var store = Bench.TakeImage(disks.Bytes(kind), Bench.BackupRequest with { Codec = codec });
        using var disk = ImageDiskContract.Disk(store);
        using var served = new ServedDisk(disk);
        // The source with zeros where nothing is in use, which is what an image keeps.
        var expected = served.File("expected");
        File.WriteAllBytes(expected, Masked(ImageDiskTests.Used(store), disks.Bytes(kind)));

        using var info = JsonDocument.Parse(Tool.Must("nbdinfo", "--json", served.Uri).Output);
        var export = info.RootElement.GetProperty("exports")[0];
        Assert.Equal((disk.Length, true), (export.GetProperty("export-size").GetInt64(), export.GetProperty("is_read_only").GetBoolean()));
        Assert.Equal("base:allocation", export.GetProperty("contexts")[0].GetString());
        Assert.Contains("disk", Tool.Must("nbdinfo", "--list", served.Uri).Output, StringComparison.Ordinal);

        Tool.Must("nbdcopy", served.Uri, served.File("copied"));
        Tool.Must("cmp", expected, served.File("copied"));
        Tool.Must("qemu-img", "compare", "-f", "raw", "-F", "raw", expected, served.Uri);
        Tool.Must("qemu-img", "convert", "-f", "raw", "-O", "qcow2", served.Uri, served.File("converted"));
        Tool.Must("qemu-img", "compare", expected, served.File("converted"));
        Assert.Equal(disk.DataIn(new Extent(0, disk.Length)), Mapped(served.Uri, disk.Length));
        // Through nbdkit, which hands on what it is told.
        Tool.Must("nbdkit", "--readonly", "--unix", "-", "nbd", $"uri={served.Uri}", "--run", $"nbdcopy \"$uri\" '{served.File("proxied")}' && nbdinfo --map=base:allocation \"$uri\" | grep -q data");
        Tool.Must("cmp", expected, served.File("proxied"));
        Assert.Empty(served.Reports);
    }

    /// <summary>What the file system uses is the source's; the rest is nothing.</summary>
    [Theory]
    [InlineData("btrfs-aged.img.gz")]
    [InlineData("exfat-aged.img.gz")]
    [InlineData("lvm-linear-striped.img.gz")]
    [InlineData("xfs-v4-aged.img.gz")]
    [InlineData("xfs-v5-aged.img.gz")]
    [InlineData("xfs-frozen.img.gz")]
    [InlineData("xfs-dirty.img.gz")]
    public void They_read_every_fixture(string name)
    {
        using var source = Fixture.Open(name);
        var bytes = new byte[source.Length];
        source.Read(0, bytes);
        var store = Bench.TakeImage(bytes);
        using var disk = ImageDiskContract.Disk(store);
        using var served = new ServedDisk(disk);
        File.WriteAllBytes(served.File("expected"), Masked(DiskSurvey.Take(source).UsedIn(new Extent(0, source.Length)), bytes));
        Tool.Must("qemu-img", "compare", "-f", "raw", "-F", "raw", served.File("expected"), served.Uri);
        Assert.Empty(served.Reports);
    }

    [Fact]
    public void They_write_into_an_overlay_and_the_image_stays_as_it_is()
    {
        var store = Bench.TakeImage(disks.GptBytes);
        var before = store.Parts[Bench.Image].Span.ToArray();
        using var disk = ImageDiskContract.Disk(store);
        using var folder = new TempFolder();
        var expected = folder.File("expected");
        File.WriteAllBytes(expected, Masked(ImageDiskTests.Used(store), disks.GptBytes));
        foreach (var script in (string[][])
        [
            ["write -P 1 1000448 300000", "write -z 5000192 70144", "flush"],
            ["discard 0 131072", "write -P 7 131000 100", "write -zu 2097152 1048576", "write -f -P 9 3145728 512"],
        ])
        {
            using var overlay = OverlayDisk.Open(disk, folder.File("overlay"), disk.Identity);
            using var served = new ServedDisk(overlay);
            foreach (var file in (string[])[served.Uri, expected])
                Tool.Must("qemu-io", ["-f", "raw", "-d", "unmap", .. script.SelectMany(line => (string[])["-c", line]), file]);
            // A file keeps what it discards in whole pages only, as does an overlay in whole blocks.
            Tool.Must("qemu-img", "compare", "-f", "raw", "-F", "raw", expected, served.Uri);
        }
        Assert.Equal(before, store.Parts[Bench.Image].Span.ToArray());
    }

    [Fact]
    public void With_certificates_nothing_is_told_without_encryption_nor_to_strangers()
    {
        using var disk = MemoryDisk.FromBytes(disks.GptBytes);
        using var folder = new TempFolder();
        var authority = Certificates(folder, "known");
        Certificates(folder, "stranger");
        using var tls = NbdTls.Load(authority, verifyClients: true);
        using var served = new ServedDisk(disk, tls: tls);
        var (plain, secure) = (served.Uri.Replace("nbds:", "nbd:", StringComparison.Ordinal), served.Uri.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        Assert.Equal($"{disk.Length}", Tool.Must("nbdinfo", "--size", $"{secure}/?tls-certificates={authority}").Output.Trim());
        Tool.Must("nbdcopy", $"{secure}/?tls-certificates={authority}", folder.File("copied"));
        Assert.Equal(disks.GptBytes, File.ReadAllBytes(folder.File("copied")));
        Assert.False(Tool.Run("nbdinfo", "--size", plain).Ok);
        Assert.False(Tool.Run("nbdinfo", "--list", plain).Ok);
        Assert.False(Tool.Run("nbdinfo", "--size", $"{secure}/?tls-certificates={folder.File("stranger")}").Ok);
        Assert.Equal($"{disk.Length}", Tool.Must("nbdinfo", "--size", $"{secure}/?tls-certificates={authority}").Output.Trim());
        Assert.Throws<UsageException>(() => NbdTls.Load(folder.File("known/none"), verifyClients: false));
    }

    private static byte[] Masked(IEnumerable<Extent> kept, byte[] disk)
    {
        var masked = new byte[disk.Length];
        foreach (var used in kept) disk.AsSpan((int)used.Offset, (int)used.Length).CopyTo(masked.AsSpan((int)used.Offset));
        return masked;
    }

    private static ExtentSet Mapped(string uri, long length)
    {
        using var map = JsonDocument.Parse(Tool.Must("nbdinfo", "--map", "--json", uri).Output);
        var rows = map.RootElement.EnumerateArray().ToList();
        Assert.Equal(length, rows.Sum(row => row.GetProperty("length").GetInt64()));
        return ExtentSet.From(rows.Where(row => row.GetProperty("type").GetInt32() == 0).Select(row => new Extent(row.GetProperty("offset").GetInt64(), row.GetProperty("length").GetInt64())));
    }

    /// <summary>A folder with an authority of its own, and certificates for a server and a client, by the names that NBD's programs use.</summary>
    private static string Certificates(TempFolder temp, string name)
    {
        var folder = temp.Folder(name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        using var authority = request.CreateSelfSigned(from, to);
        File.WriteAllText(Path.Combine(folder, "ca-cert.pem"), authority.ExportCertificatePem());
        foreach (var role in (string[])["server", "client"])
        {
            using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var wanted = new CertificateRequest("CN=localhost", own, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            wanted.CertificateExtensions.Add(names.Build());
            using var signed = wanted.Create(authority, from, to, [1, (byte)role.Length]);
            File.WriteAllText(Path.Combine(folder, $"{role}-cert.pem"), signed.ExportCertificatePem());
            File.WriteAllText(Path.Combine(folder, $"{role}-key.pem"), own.ExportPkcs8PrivateKeyPem());
        }
        return folder;
    }
}
