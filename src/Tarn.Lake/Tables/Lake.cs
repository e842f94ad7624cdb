using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// All tables of an object store, each a Delta table at <c>layer/name/</c>. One lake a process serves all threads; several processes may write one store,
/// for every commit is one conditional write.
/// </summary>
public sealed partial class Lake : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, LakeTable> _tables = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ObjectStore, ParquetFiles> _elsewhere = new();

    /// <summary>Opens a lake.</summary>
    /// <param name="store">Where the tables are.</param>
    /// <param name="options">How they are kept; null for the defaults.</param>
    /// <param name="time">The clock of commits' times.</param>
    /// <param name="ids">Where files' names and commits' ids come from.</param>
    /// <param name="loggers">Where to tell what is done.</param>
    /// <exception cref="TarnException">An option is out of its range; the error names all that are.</exception>
    public Lake(ObjectStore store, LakeOptions? options, TimeProvider time, IdSource ids, ILoggerFactory loggers)
    {
        Options = options ?? new LakeOptions();
        Options.Validate();
        Store = store;
        Time = time;
        Ids = ids;
        Log = loggers.CreateLogger<Lake>();
        var folders = Options.ReadableFolders.Where(static f => !f.Contains("://", StringComparison.Ordinal)).Append(Options.TemporaryFolder);
        DuckDb = new LakeDuckDb(Options, [.. store.LocalRoot is { } root ? folders.Append(root) : folders]);
        Cache = new ObjectCache(Path.Combine(Options.TemporaryFolder, "objects"), Options.FileCacheBytes, time);
        Files = new ParquetFiles(store, DuckDb, Cache, Options.TemporaryFolder, ids);
        Checkpoints = new CheckpointFiles(store, Files);
        CheckpointWriter = new CheckpointWriter(store, Files, ids, time);
    }

    /// <summary>Raised after each commit that this process made, on the thread that made it: handlers are quick and do not throw.</summary>
    public event Action<TableCommitted>? Committed;

    /// <summary>Where the tables are.</summary>
    public ObjectStore Store { get; }

    /// <summary>How they are kept.</summary>
    public LakeOptions Options { get; }

    /// <summary>
    /// Opens a store elsewhere from its URI without a path (<c>s3://bucket</c>), for tables that queries name by where they are; null (the default) where there is none.
    /// </summary>
    public Func<string, ObjectStore>? OpenStore { get; init; }

    /// <summary>What Parquet files' footers say of their writer, in the form that readers parse.</summary>
    internal string CreatedBy { get; } = $"Tarn version {typeof(Lake).Assembly.GetName().Version?.ToString(3) ?? "0"}";

    internal TimeProvider Time { get; }

    internal IdSource Ids { get; }

    internal ILogger Log { get; }

    internal LakeDuckDb DuckDb { get; }

    /// <summary>What is kept here of stores elsewhere.</summary>
    internal ObjectCache Cache { get; }

    internal ParquetFiles Files { get; }

    internal CheckpointFiles Checkpoints { get; }

    internal CheckpointWriter CheckpointWriter { get; }

    internal Upkeep Upkeep { get; } = new();

    /// <summary>The table of that name, whether it is there yet or not.</summary>
    /// <exception cref="TarnException">The name is not of the form <c>layer.name</c>.</exception>
    public LakeTable Table(string name) =>
        _tables.TryGetValue(name, out var table) ? table : _tables.GetOrAdd(TableName.Parse(name).ToString(), static (key, lake) => new LakeTable(lake, key), this);

    /// <summary>Creates the table, or opens it and adds the columns that it lacks. A changed description and changed properties are stored, too.</summary>
    /// <exception cref="TarnException">It is there with another type for a column or other partition columns, or the definition contradicts itself.</exception>
    public async Task<LakeTable> EnsureTableAsync(TableDefinition definition, CancellationToken cancellationToken = default)
    {
        var table = Table(definition.Name);
        await table.EnsureAsync(definition, cancellationToken).ConfigureAwait(false);
        return table;
    }

    /// <summary>The names of all tables, in order.</summary>
    public async Task<IReadOnlyList<TableName>> ListTablesAsync(CancellationToken cancellationToken = default)
    {
        var names = new List<TableName>();
        foreach (var layer in await Store.ListFoldersAsync("", cancellationToken).ConfigureAwait(false))
        {
            foreach (var name in await Store.ListFoldersAsync(layer, cancellationToken).ConfigureAwait(false))
            {
                var folders = await Store.ListFoldersAsync($"{layer}/{name}", cancellationToken).ConfigureAwait(false);
                if (folders.Contains(LogPath.Folder) && TableName.TryParse($"{layer}.{name}", out var table))
                {
                    names.Add(table);
                }
            }
        }

        return names;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Upkeep.IdleAsync().ConfigureAwait(false);
        DuckDb.Dispose();
        foreach (var (store, files) in _elsewhere)
        {
            files.Dispose();
            (store as IDisposable)?.Dispose();
        }

        Files.Dispose();
        Cache.Dispose();
    }

    /// <summary>Brings files of a store elsewhere to DuckDB.</summary>
    internal ParquetFiles FilesOf(ObjectStore store) => _elsewhere.GetOrAdd(store, static (s, lake) => new ParquetFiles(s, lake.DuckDb, lake.Cache, lake.Options.TemporaryFolder, lake.Ids), this);

    /// <summary>The folder of a table in the store.</summary>
    internal static string Folder(string table) => table.Replace('.', '/');

    internal void Raise(TableCommitted committed) => Committed?.Invoke(committed);
}
