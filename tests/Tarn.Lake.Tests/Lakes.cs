using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake.Tests;

/// <summary>
/// A lake in a folder of its own, with a clock and ids of its own. Further lakes over the same folder stand for other processes.
/// Every commit is judged by the protocol when it is made, and all logs once more at the end: a test that breaks logs on purpose says so.
/// </summary>
internal sealed class Lakes : IAsyncDisposable
{
    private readonly List<Lake> _opened = [];
    private readonly TemporaryDirectory _folder = new();
    private readonly LogWatch _watch;
    private readonly int _seed;

    public Lakes(int seed = 1)
    {
        _seed = seed;
        Time = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero));
        Local = new LocalObjectStore(Root, new LocalStoreOptions { Durable = false });
        _watch = new LogWatch(Root, () => DeltaValidatorOptions.Strict with { Now = Time.GetUtcNow() });
    }

    public string Root => _folder.Path;

    public ManualTimeProvider Time { get; }

    public LocalObjectStore Local { get; }

    /// <summary>Set when a test breaks its tables itself: nothing is judged from then on, but what was judged before counts.</summary>
    public bool BreaksLogs { get; set; }

    /// <summary>Set where judging each commit at once would take too long; then all are judged at the end.</summary>
    public bool JudgesAtEnd { get; set; }

    public Lake Open(LakeOptions? options = null, ObjectStore? store = null)
    {
        // Each lake's ids are its own: two processes with the same ids would take each other's files and commits for their own.
        lock (_opened)
        {
            var ids = IdSource.CreateSeeded(Time, _seed + (1000 * _opened.Count));
            var lake = new Lake(store ?? Local, options ?? new LakeOptions(), Time, ids, NullLoggerFactory.Instance);
            _opened.Add(lake);
            lake.Committed += committed =>
            {
                if (!BreaksLogs && !JudgesAtEnd)
                {
                    _watch.Advance(Tarn.Lake.Lake.Folder(committed.Table));
                }
            };
            return lake;
        }
    }

    /// <summary>Waits for what the lakes do in the background.</summary>
    public async Task IdleAsync()
    {
        foreach (var lake in _opened.ToArray())
        {
            await lake.Upkeep.IdleAsync();
        }
    }

    /// <summary>Reads a snapshot's files by DuckDB straight from the disk, as another engine would; <c>t</c> is the table without its partition columns.</summary>
    public object? Query(TableSnapshot snapshot, string sql) => Rows(snapshot, sql).FirstOrDefault()?[0];

    /// <summary>A snapshot's rows as lines of texts, in order; null is empty.</summary>
    public List<string> Lines(TableSnapshot snapshot, string columns) =>
        [.. Rows(snapshot, $"select {columns} from t").Select(static row => string.Join('|', row)).Order(StringComparer.Ordinal)];

    private List<object?[]> Rows(TableSnapshot snapshot, string sql)
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var files = string.Join(", ", snapshot.Files.Select(f => SqlNames.Text(Path.Combine(Root, Lake.Folder(snapshot.Table), f.Path))));
        connection.Execute($"create view t as select * from read_parquet([{files}], union_by_name = true, hive_partitioning = false)");
        using var result = connection.Query(sql);
        var rows = new List<object?[]>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    rows.Add([.. Enumerable.Range(0, result.Columns.Count).Select(c => chunk.Column(c).GetValue(i))]);
                }
            }
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lake in _opened)
        {
            await lake.DisposeAsync();
        }

        try
        {
            _watch.Require(advance: !BreaksLogs);
        }
        finally
        {
            _watch.Dispose();
            _folder.Dispose();
        }
    }
}
