using System.Runtime.CompilerServices;

namespace Tarn.Training;

/// <summary>The rows of a query over the lake.</summary>
internal sealed class QuerySource(Tarn.Lake.Lake lake, string sql, ImageColumns columns, string? root) : ImageSource
{
    private readonly string? _root = root is null ? null : FullPath(root, "The folder of a query's images");

    public override string Description => $"the query {sql}";

    internal override async IAsyncEnumerable<SourceImage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var result = await lake.Sql.QueryAsync(sql, null, cancellationToken).ConfigureAwait(false);
        var reading = columns.Of([.. result.Columns.Select(static c => c.Name)], Description);
        await foreach (var row in result.RowsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return reading.Read(row, _root);
        }
    }
}
