using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Training;

/// <summary>The tables of a dataset: its images, what was kept out of it, and who used its test images.</summary>
internal sealed class ImageTables
{
    private readonly Tarn.Lake.Lake _lake;
    private readonly string _name;

    public ImageTables(Tarn.Lake.Lake lake, string name)
    {
        (_lake, _name) = (lake, TableName.Parse(name).ToString());
        Images = lake.Table(_name);
        Quarantine = lake.Table($"{_name}_quarantine");
        TestUses = lake.Table($"{_name}_test_uses");
    }

    /// <summary>The columns of the images' table, in SQL.</summary>
    public static IReadOnlyList<string> Columns { get; } = [.. Schema().Columns.Select(static c => c.Name)];

    public LakeTable Images { get; }

    public LakeTable Quarantine { get; }

    public LakeTable TestUses { get; }

    public Task<LakeTable> ImagesAsync(CancellationToken cancellationToken) => _lake.EnsureTableAsync(
        new TableDefinition(_name, Schema())
        {
            Description = RowMapping<DatasetImage>.Instance.Description,

            // A change of a class or a group marks rows and writes them anew; without these it would write the bytes of all their neighbours too.
            Properties = new Dictionary<string, string> { ["delta.enableDeletionVectors"] = "true" },
        },
        cancellationToken);

    public Task<LakeTable> QuarantineAsync(CancellationToken cancellationToken) => _lake.EnsureTableAsync(TableDefinition.Of<QuarantinedImage>(Quarantine.Name), cancellationToken);

    public Task<LakeTable> TestUsesAsync(CancellationToken cancellationToken) => _lake.EnsureTableAsync(TableDefinition.Of<TestUse>(TestUses.Name), cancellationToken);

    /// <summary>The rows of a table, or of a version of it; none where there is no such table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="version">The version, or null for the newest.</param>
    /// <param name="columns">Which columns; the others read as null.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<IReadOnlyList<T>> RowsAsync<T>(LakeTable table, long? version, IEnumerable<string> columns, CancellationToken cancellationToken)
    {
        if (!await table.ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return [];
        }

        var options = new QueryOptions { AsOf = version is { } number ? AsOf.Version(number) : null };
        await using var result = await _lake.Sql.QueryAsync($"SELECT {string.Join(", ", columns.Select(static c => $"\"{c}\""))} FROM {table.Name}", options, cancellationToken).ConfigureAwait(false);
        return await result.ToListAsync<T>(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The bytes of images of a version, in no order.</summary>
    public async IAsyncEnumerable<(string Sha256, byte[] Content)> ContentAsync(
        long version, IReadOnlyCollection<string> images, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = new QueryOptions { AsOf = AsOf.Version(version), Parameters = new Dictionary<string, object?> { ["images"] = images } };
        var sql = $"SELECT sha256, content FROM {_name} WHERE content IS NOT NULL AND sha256 IN (SELECT unnest($images))";
        await using var result = await _lake.Sql.QueryAsync(sql, options, cancellationToken).ConfigureAwait(false);
        await foreach (var row in result.RowsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return ((string)row[0]!, (byte[])row[1]!);
        }
    }

    private static TableSchema Schema() => new(RowMapping<StoredImage>.Instance.Schema.Columns.Where(static c => c.Name != "deleted"));
}
