using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Writers.Databases;

/// <summary>How a database server is reached. There is no member for a password: peer authentication, ~/.pgpass, a service or an option file bring it.</summary>
public sealed record DatabaseAccess
{
    /// <summary>Path of the client; null: psql, mariadb or mysql from PATH.</summary>
    public string? Client { get; init; }

    /// <summary>The user of this system that the client runs as; null: root.</summary>
    public string? User { get; init; }

    /// <summary>The role in the database; null: of the user's name.</summary>
    public string? Role { get; init; }

    /// <summary>PostgreSQL: the socket's folder. MariaDB and MySQL: the socket.</summary>
    public string? Socket { get; init; }
    public string? Host { get; init; }
    public int? Port { get; init; }
    public string? Database { get; init; }

    /// <summary>PostgreSQL: a section of pg_service.conf.</summary>
    public string? Service { get; init; }

    /// <summary>MariaDB and MySQL: an option file beside the usual ones.</summary>
    public string? OptionFile { get; init; }

    /// <exception cref="WriterException">There is no such user.</exception>
    internal Account? Account() => User is not { } name ? null : Accounts.Named(name) ?? throw new WriterException($"is to be asked as {name}, and this system has no such user");
}
