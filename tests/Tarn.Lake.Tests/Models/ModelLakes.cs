using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>A lake with a table <c>silver.orders</c>, and shorthands for models over it.</summary>
internal sealed class ModelLakes : IAsyncDisposable
{
    private readonly TemporaryDirectory _temporary;

    private ModelLakes(Lakes lakes, TemporaryDirectory temporary, Lake lake, LakeTable orders) => (Lakes, _temporary, Lake, Orders) = (lakes, temporary, lake, orders);

    public Lakes Lakes { get; }

    public Lake Lake { get; }

    public LakeTable Orders { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ModelLakes> OpenAsync(params IReadOnlyList<Order> orders)
    {
        var lakes = new Lakes();
        var temporary = new TemporaryDirectory();
        var lake = lakes.Open(new LakeOptions { TemporaryFolder = temporary.Path });
        var table = await lake.EnsureTableAsync(new TableDefinition("silver.orders", RowMapping<Order>.Instance.Schema), Cancellation);
        await table.AppendAsync(orders, cancellationToken: Cancellation);
        return new ModelLakes(lakes, temporary, lake, table);
    }

    /// <summary>Another program over the same store. Ids of tests repeat, so that each test has a folder of its own for temporary files.</summary>
    public Lake Open(ObjectStore? store = null) => Lakes.Open(new LakeOptions { TemporaryFolder = _temporary.Path }, store);

    /// <summary>A file of a model: header and query.</summary>
    public static (string File, string Text) File(string name, string header, string sql) => ($"{name}.sql", $"/* ---\nname: {name}\n{header}\n--- */\n{sql}\n");

    public Task<SqlModelSet> LoadAsync(params IEnumerable<(string File, string Text)> files) => SqlModelSet.LoadAsync(Lake, files, Cancellation);

    /// <summary>The lines of the error that loading gives, without its first.</summary>
    public async Task<IReadOnlyList<string>> ErrorsAsync(params IEnumerable<(string File, string Text)> files) =>
        [.. (await Assert.ThrowsAsync<TarnException>(() => LoadAsync(files))).Message.Split('\n').Skip(1).Select(static l => l.Trim())];

    public async Task<string> TextAsync(string sql)
    {
        await using var result = await Lake.Sql.QueryAsync(sql, cancellationToken: Cancellation);
        return string.Join(' ', (await result.ToListAsync(Cancellation)).Select(static r => string.Join(',', r.Select(static v => v switch
        {
            null => "null",
            DateOnly d => d.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            DateTimeOffset t => t.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm", System.Globalization.CultureInfo.InvariantCulture),
            IFormattable f => f.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            _ => v.ToString(),
        }))));
    }

    public async ValueTask DisposeAsync()
    {
        await Lakes.DisposeAsync();
        _temporary.Dispose();
    }
}

internal sealed record Order(string Id, string? Place, double? Amount, DateTimeOffset Placed)
{
    public static Order Of(string id, string? place, double? amount, int day, int hour = 0) => new(id, place, amount, new DateTimeOffset(2026, 11, day, hour, 0, 0, TimeSpan.Zero));
}
