using System.Runtime.CompilerServices;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// The rows of a query, read forward, once. Rows are computed as they are read; the memory of a large result is not held. Dispose it to free what the query
/// holds. For one reader at a time.
/// </summary>
public sealed class QueryResult : IAsyncDisposable
{
    private readonly QueryRun _run;
    private readonly long _maxRows;
    private long _given;

    internal QueryResult(QueryRun run, IReadOnlyList<TableRead> tables, long maxRows)
    {
        _run = run;
        _maxRows = maxRows;
        Tables = tables;
        Versions = tables.GroupBy(static t => t.Table, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Max(static t => t.Version), StringComparer.Ordinal);
        Columns = [.. run.Columns.Select(static c => new Column(c.Name, SqlNames.FromDuckDb(c.Type)))];
    }

    /// <summary>The columns, in order. Names need not be unique.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>What the query reads: tables at versions, and how many of their files.</summary>
    public IReadOnlyList<TableRead> Tables { get; }

    /// <summary>The tables that the query reads, and the version of each; the latest where it reads several versions of one.</summary>
    public IReadOnlyDictionary<string, long> Versions { get; }

    /// <summary>Whether there are more rows than <see cref="QueryOptions.MaxRows"/>; known when all rows were read.</summary>
    public bool Truncated { get; private set; }

    /// <summary>
    /// The rows, a value a column: null, bool, sbyte, short, int, long, float, double, decimal, string, byte[], DateOnly, DateTime (without zone), DateTimeOffset (UTC);
    /// a list is an <c>object?[]</c>, a struct a <c>Dictionary&lt;string, object?&gt;</c>, a map a <c>KeyValuePair&lt;object, object?&gt;[]</c>. Integers of more than 64 bits are
    /// decimals, BigInteger where they have more than 28 digits, and decimals of more than 28 digits SqlDecimal; times of day, intervals and UUIDs are text.
    /// </summary>
    /// <param name="cancellationToken">Stops the query.</param>
    /// <exception cref="TarnException">The query fails while it runs, or takes longer than its limit.</exception>
    public async IAsyncEnumerable<object?[]> RowsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await NextAsync(QueryValues.Read, cancellationToken).ConfigureAwait(false) is { } rows)
        {
            foreach (var row in rows)
            {
                yield return row;
            }
        }
    }

    /// <summary>All rows that are left, as <see cref="RowsAsync"/> gives them.</summary>
    /// <inheritdoc cref="RowsAsync"/>
    public async Task<IReadOnlyList<object?[]>> ToListAsync(CancellationToken cancellationToken = default)
    {
        var all = new List<object?[]>();
        while (await NextAsync(QueryValues.Read, cancellationToken).ConfigureAwait(false) is { } rows)
        {
            all.AddRange(rows);
        }

        return all;
    }

    /// <summary>All rows that are left, as objects: columns are matched to <typeparamref name="T"/>'s properties by name (see <see cref="RowMapping{T}"/>).</summary>
    /// <param name="cancellationToken">Stops the query.</param>
    /// <exception cref="TarnException">The columns do not fit T, or the query fails.</exception>
    public async Task<IReadOnlyList<T>> ToListAsync<T>(CancellationToken cancellationToken = default)
    {
        var reader = RowMapping<T>.Instance.CreateReader(_run.Columns);
        var all = new List<T>();
        while (await NextAsync(reader.Read, cancellationToken).ConfigureAwait(false) is { } rows)
        {
            all.AddRange(rows);
        }

        return all;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _run.DisposeAsync();

    private async ValueTask<List<TRow>?> NextAsync<TRow>(Func<DuckDbChunk, int, List<TRow>> read, CancellationToken cancellationToken)
    {
        var left = _maxRows - _given;
        var rows = await _run.FetchAsync(
            chunk =>
            {
                Truncated |= chunk.Count > left;
                return left == 0 ? [] : read(chunk, (int)Math.Min(left, chunk.Count));
            },
            cancellationToken).ConfigureAwait(false);
        if (rows is null || rows.Count == 0)
        {
            return null;
        }

        _given += rows.Count;
        return rows;
    }
}
