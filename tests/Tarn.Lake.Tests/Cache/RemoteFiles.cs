using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake.Tests;

/// <summary>Parquet files in a store that keeps to itself that they are local, counting what is fetched, and lakes that read them.</summary>
internal sealed class RemoteFiles : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly List<Lake> _lakes = [];
    private readonly LocalObjectStore _local;

    public RemoteFiles(Func<StoreCall, Fault>? decide = null, Func<StoreCall, Task>? hold = null)
    {
        _local = new LocalObjectStore(_folder.Combine("store"), new LocalStoreOptions { Durable = false });
        Store = new FaultyObjectStore(_local, decide ?? (static _ => Fault.None), isRemote: true) { Hold = hold ?? (static _ => Task.CompletedTask) };
    }

    public FaultyObjectStore Store { get; }

    public string CacheFolder => _folder.Combine("tmp", "objects");

    /// <summary>A lake with a cache in the same folder; each but the first still open takes another place in it.</summary>
    public Lake Open(long? cacheBytes = null)
    {
        var options = new LakeOptions { TemporaryFolder = _folder.Combine("tmp") };
        var lake = new Lake(Store, cacheBytes is { } bytes ? options with { FileCacheBytes = bytes } : options, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance);
        _lakes.Add(lake);
        return lake;
    }

    /// <summary>Writes the rows of a query as an object; returns its length.</summary>
    public long Write(string path, string select, string options = "")
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        Directory.CreateDirectory(Path.GetDirectoryName(_local.LocalPath(path))!);
        connection.Execute($"COPY ({select}) TO {SqlNames.Text(_local.LocalPath(path))} (FORMAT parquet{options})");
        return new FileInfo(_local.LocalPath(path)).Length;
    }

    /// <summary>A table of <c>columns</c> columns c0, c1, … of random numbers, which no compression makes small.</summary>
    public long WriteWide(string path, int columns, int rows, int rowGroup = 20_480) => Write(
        path, $"SELECT {string.Join(", ", Enumerable.Range(0, columns).Select(static c => $"(hash(i * 1000 + {c}) >> 1)::BIGINT AS c{c}"))} FROM range({rows}) r(i)", $", ROW_GROUP_SIZE {rowGroup}");

    public byte[] Content(string path) => File.ReadAllBytes(_local.LocalPath(path));

    public void Replace(string path, byte[] content) => File.WriteAllBytes(_local.LocalPath(path), content);

    /// <summary>The first value that a query gives; <c>@file</c> is the local file's rows, <c>@path</c> its path.</summary>
    public static object? Scalar(string file, string sql)
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        return connection.Scalar(sql.Replace("@file", $"read_parquet({SqlNames.Text(file)})", StringComparison.Ordinal).Replace("@path", SqlNames.Text(file), StringComparison.Ordinal));
    }

    /// <summary>What DuckDB says of the object itself.</summary>
    public object? Truth(string path, string sql) => Scalar(_local.LocalPath(path), sql);

    public async ValueTask DisposeAsync()
    {
        foreach (var lake in _lakes)
        {
            await lake.DisposeAsync();
        }

        _folder.Dispose();
    }
}
