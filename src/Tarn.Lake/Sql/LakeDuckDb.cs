using System.Collections.Concurrent;
using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The lake's DuckDB: one instance in memory, opened at first use, that reads and writes files of the lake's own folders only, installs and loads
/// nothing, and whose settings are locked. Times are UTC.
/// </summary>
internal sealed class LakeDuckDb : IDisposable
{
    private const int MostIdle = 4;

    private readonly LakeOptions _options;
    private readonly IReadOnlyList<string> _folders;
    private readonly ConcurrentBag<DuckDbConnection> _idle = [];
    private readonly Lock _gate = new();
    private DuckDbDatabase? _database;
    private volatile bool _disposed;

    /// <param name="options">Memory, threads, spilling.</param>
    /// <param name="folders">The full paths of the folders whose files may be read and written.</param>
    internal LakeDuckDb(LakeOptions options, params IReadOnlyList<string> folders)
    {
        _options = options;
        _folders = folders;
    }

    /// <summary>Raised when it is disposed, before the database is: whoever keeps connections lets them go.</summary>
    internal event Action? Closing;

    /// <summary>A new connection of the caller's own.</summary>
    internal DuckDbConnection Connect()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (_database ??= Open(_options, _folders)).Connect();
        }
    }

    /// <summary>Opens a new instance for later connections: after an internal error, DuckDB refuses all work on the old one.</summary>
    internal void Restart()
    {
        lock (_gate)
        {
            DropIdle();
            _database?.Dispose();
            _database = null;
        }
    }

    /// <summary>Borrows a connection for a piece of work; it comes back without its temporary tables only if the borrower drops them.</summary>
    internal Lease Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new Lease(this, _idle.TryTake(out var connection) ? connection : Connect());
    }

    public void Dispose()
    {
        Closing?.Invoke();
        lock (_gate)
        {
            _disposed = true;
            DropIdle();
            _database?.Dispose();
        }
    }

    private void DropIdle()
    {
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private static DuckDbDatabase Open(LakeOptions options, IReadOnlyList<string> folders)
    {
        var settings = new Dictionary<string, string>
        {
            ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{MemoryLimit(options)}B"),
            ["threads"] = (options.DuckDbThreads ?? Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture),
            ["temp_directory"] = options.SpillFolder ?? "",
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
            ["allow_community_extensions"] = "false",
            ["allow_persistent_secrets"] = "false",

            // The kernel caches the files already; DuckDB's own copy of them would only grow the process.
            ["enable_external_file_cache"] = "false",
        };
        var database = DuckDbDatabase.Open(null, settings);
        using var connection = database.Connect();

        // Paths are checked before their patterns are resolved, and after.
        var allowed = string.Join(", ", folders.Append(options.SpillFolder).OfType<string>().Select(static f => Path.TrimEndingDirectorySeparator(f) + "/")
            .SelectMany(static f => new[] { f, SqlNames.Pattern(f) }).Distinct().Select(SqlNames.Text));
        connection.Execute($"""
            SET GLOBAL TimeZone = 'UTC';
            SET GLOBAL parquet_metadata_cache = true;
            SET GLOBAL allowed_directories = [{allowed}];
            SET GLOBAL enable_external_access = false;
            SET GLOBAL lock_configuration = true;
            """);
        return database;
    }

    /// <summary>A quarter of the machine's (or container's) memory, and no more than 1 GiB: DuckDB shares the process with everything else.</summary>
    private static long MemoryLimit(LakeOptions options) =>
        options.DuckDbMemoryBytes ?? Math.Min(1L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>A borrowed connection; dispose it to give it back.</summary>
    internal readonly struct Lease(LakeDuckDb owner, DuckDbConnection connection) : IDisposable
    {
        internal DuckDbConnection Connection => connection;

        public void Dispose()
        {
            if (owner._disposed || owner._idle.Count >= MostIdle)
            {
                connection.Dispose();
            }
            else
            {
                owner._idle.Add(connection);
            }
        }
    }
}
