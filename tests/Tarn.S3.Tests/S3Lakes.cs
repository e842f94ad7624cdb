using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

namespace Tarn.S3.Tests;

/// <summary>Lakes over one bucket, or any other store, each with a folder of its own for temporary files as processes on several machines have.</summary>
internal sealed class S3Lakes : IAsyncDisposable
{
    private readonly List<Tarn.Lake.Lake> _opened = [];
    private readonly TemporaryDirectory _folder = new();

    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero));

    public string Folder => _folder.Path;

    public Tarn.Lake.Lake Open(ObjectStore store, LakeOptions? options = null, Func<string, ObjectStore>? openStore = null)
    {
        lock (_opened)
        {
            var own = (options ?? new LakeOptions()) with { TemporaryFolder = _folder.Combine(_opened.Count.ToString(CultureInfo.InvariantCulture)) };
            var lake = new Tarn.Lake.Lake(store, own, Time, IdSource.CreateSeeded(Time, 1000 * _opened.Count), NullLoggerFactory.Instance) { OpenStore = openStore };
            _opened.Add(lake);
            return lake;
        }
    }

    /// <summary>The rows of a query as lines.</summary>
    public static async Task<List<string>> LinesAsync(Tarn.Lake.Lake lake, string sql, AsOf? asOf = null)
    {
        await using var result = await lake.Sql.QueryAsync(sql, new QueryOptions { AsOf = asOf }, TestContext.Current.CancellationToken);
        var rows = await result.ToListAsync(TestContext.Current.CancellationToken);
        return [.. rows.Select(static r => string.Join('|', r.Select(static v => Convert.ToString(v, CultureInfo.InvariantCulture))))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lake in _opened)
        {
            await lake.DisposeAsync();
        }

        _folder.Dispose();
    }
}
