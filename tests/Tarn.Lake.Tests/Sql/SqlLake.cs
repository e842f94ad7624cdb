using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Lake.Tests;

/// <summary>A lake in a folder of the test's own, with shorthands for queries.</summary>
internal sealed class SqlLake : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();

    internal SqlLake(string folder = "lake", LakeOptions? options = null)
    {
        Root = _folder.Combine(folder);
        Lake = new Lake(new LocalObjectStore(Root), options, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 1), NullLoggerFactory.Instance);
    }

    internal string Root { get; }

    internal Lake Lake { get; }

    internal ForeignTable Table(string name, string columns, params string[] partitionBy) => new(Root, name, Schema(columns), partitionBy);

    /// <summary>A schema from <c>name:type name:type</c>.</summary>
    internal static TableSchema Schema(string columns) => new(columns.Split(' ').Select(static c => new Column(
        c.Split(':')[0],
        c.Split(':')[1] switch
        {
            "decimal" => ColumnType.Decimal(10, 2),
            "longs" => new ArrayType(ColumnType.Long, true),
            var name => (ColumnType)typeof(ColumnType).GetProperties().Single(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase)).GetValue(null)!,
        })));

    internal async Task<IReadOnlyList<object?[]>> RowsAsync(string sql, QueryOptions? options = null)
    {
        await using var result = await Lake.Sql.QueryAsync(sql, options, Xunit.TestContext.Current.CancellationToken);
        return await result.ToListAsync(Xunit.TestContext.Current.CancellationToken);
    }

    /// <summary>The rows as text: columns by comma, rows by bar.</summary>
    internal async Task<string> TextAsync(string sql, QueryOptions? options = null) =>
        string.Join('|', (await RowsAsync(sql, options)).Select(static r => string.Join(',', r.Select(static v => v switch
        {
            null => "null",
            DateTimeOffset t => t.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", System.Globalization.CultureInfo.InvariantCulture),
            DateOnly d => d.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            IFormattable f => f.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            _ => v.ToString(),
        }))));

    internal async Task<TarnException> ErrorAsync(string sql, QueryOptions? options = null) =>
        await Xunit.Assert.ThrowsAsync<TarnException>(() => RowsAsync(sql, options));

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync();
        _folder.Dispose();
    }
}
