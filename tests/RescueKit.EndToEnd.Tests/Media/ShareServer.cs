using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using RescueKit.EndToEnd.Tests.Consoles;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>A real file server on this machine's loopback, with a folder, a port and settings of its own. It ends with the test, whatever happens.</summary>
internal abstract class ShareServer : IDisposable
{
    public const string User = "root";

    /// <summary>With signs that separate things elsewhere.</summary>
    public const string Password = "p ss,w@rd:#1";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private Process? _process;

    protected ShareServer(TempFolder folder, string name)
    {
        Settings = folder.Folder(name);
        Share = Directory.CreateDirectory(Path.Combine(Settings, "share")).FullName;
    }

    /// <summary>The folder that is shared.</summary>
    public string Share { get; }

    protected string Settings { get; }
    protected int Port { get; } = SshLogin.FreePort();

    /// <summary>How a run names a file of the share.</summary>
    public abstract string Address(string file, string user = User, string password = Password);

    public string File(string name) => Path.Combine(Share, name);

    /// <summary>Returns when it takes connections.</summary>
    public void Start()
    {
        var (program, arguments) = Command();
        var start = new ProcessStartInfo(Tool.Find(program)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        var said = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
        for (var began = Stopwatch.GetTimestamp(); !Answers(); Thread.Sleep(100))
        {
            if (_process.HasExited) throw new ToolFailedException($"{program} ended with exit code {_process.ExitCode}: {said.Result}");
            if (Stopwatch.GetElapsedTime(began) > s_limit) throw new ToolFailedException($"{program} takes no connections");
        }
    }

    /// <summary>At once and with all its connections, as when its machine loses power and another answers for it.</summary>
    public void Kill()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process?.Dispose();
    }

    protected abstract (string Program, IReadOnlyList<string> Arguments) Command();

    protected string Write(string name, string text)
    {
        var file = Path.Combine(Settings, name);
        System.IO.File.WriteAllText(file, text);
        return file;
    }

    protected static string Escaped(string text) => Uri.EscapeDataString(text);

    private bool Answers()
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>NFS 4 in user space: not every kernel that tests run on has a server of its own. Settings: ganesha-core-config(8), ganesha-export-config(8).</summary>
internal sealed class NfsServer(TempFolder folder) : ShareServer(folder, "nfs")
{
    public override string Address(string file, string user = User, string password = Password) => $"nfs://{MediaGuest.HostAddress}:{Port}/backup/{file}";

    protected override (string Program, IReadOnlyList<string> Arguments) Command() => ("ganesha.nfsd", ["-F", "-L", "/dev/stderr", "-p", Path.Combine(Settings, "pid"), "-f", Write("conf", $$"""
        NFS_CORE_PARAM { Protocols = 4; NFS_Port = {{Port}}; Bind_addr = 127.0.0.1; Enable_NLM = false; Enable_RQUOTA = false; }
        NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = {{Directory.CreateDirectory(Path.Combine(Settings, "recovery")).FullName}}; }
        EXPORT { Export_Id = 1; Path = {{Share}}; Pseudo = /backup; Access_Type = RW; Squash = No_Root_Squash; SecType = sys; FSAL { Name = VFS; } }
        LOG { Default_Log_Level = EVENT; }

        """)]);
}

/// <summary>Settings: smb.conf(5).</summary>
internal sealed class SmbServer(TempFolder folder) : ShareServer(folder, "smb")
{
    public override string Address(string file, string user = User, string password = Password) => $"smb://{user}:{Escaped(password)}@{MediaGuest.HostAddress}:{Port}/backup/{file}";

    protected override (string Program, IReadOnlyList<string> Arguments) Command()
    {
        var state = Directory.CreateDirectory(Path.Combine(Settings, "state")).FullName;
        var settings = Write("conf", $"""
            [global]
            smb ports = {Port}
            interfaces = lo
            bind interfaces only = yes
            private dir = {state}
            lock directory = {state}
            state directory = {state}
            cache directory = {state}
            pid directory = {state}
            ncalrpc dir = {state}/ncalrpc
            log file = {state}/log
            passdb backend = smbpasswd:{state}/passwd
            disable spoolss = yes
            load printers = no
            [backup]
            path = {Share}
            read only = no

            """);
        if (!System.IO.File.Exists(Path.Combine(state, "passwd")))
            Tool.Must(new ToolRequest("smbpasswd", ["-c", settings, "-s", "-a", User]) { Input = $"{Password}\n{Password}\n" });
        return ("smbd", ["-F", "--no-process-group", "-s", settings]);
    }
}

/// <summary>
/// In a mount namespace of its own, where root has another password than on this machine. Settings: sshd_config(5).
/// </summary>
internal sealed class SshServer(TempFolder folder) : ShareServer(folder, "ssh")
{
    public override string Address(string file, string user = User, string password = Password) => $"ssh://{user}:{Escaped(password)}@{MediaGuest.HostAddress}:{Port}{Share}/{file}";

    /// <param name="key">The path in the environment of a private key that <see cref="Allow"/> was told of.</param>
    public string AddressByKey(string file, string key) => $"ssh://{User}@{MediaGuest.HostAddress}:{Port}{Share}/{file}?IdentityFile={key}";

    public void Allow(string publicKey) => Write("keys", publicKey);

    protected override (string Program, IReadOnlyList<string> Arguments) Command()
    {
        var hostKey = Path.Combine(Settings, "host-key");
        if (!System.IO.File.Exists(hostKey)) Tool.Must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", hostKey);
        var hash = Tool.Must(new ToolRequest("openssl", ["passwd", "-6", "-stdin"]) { Input = Password + "\n" }).Output.Trim();
        var shadow = Write("shadow", string.Create(CultureInfo.InvariantCulture, $"{User}:{hash}:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n"));
        var settings = Write("conf", $"""
            Port {Port}
            ListenAddress 127.0.0.1
            HostKey {hostKey}
            AuthorizedKeysFile {Path.Combine(Settings, "keys")}
            StrictModes no
            PermitRootLogin yes
            PasswordAuthentication yes
            UsePAM no
            PidFile none
            Subsystem sftp internal-sftp

            """);
        return ("unshare", ["--mount", "sh", "-c", $"mount -t tmpfs run /run && mkdir -m 755 /run/sshd && mount --bind {shadow} /etc/shadow && exec {Tool.Find("sshd")} -D -e -f {settings}"]);
    }
}
