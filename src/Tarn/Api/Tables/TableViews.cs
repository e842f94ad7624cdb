using Tarn.Core;
using Tarn.Lake;

namespace Tarn;

/// <summary>What the lake holds, as the API says it.</summary>
internal static class TableViews
{
    public static TableView Of(TableSnapshot s) =>
        new(s.Table, TableName.Parse(s.Table).Layer, s.Description, s.Version, s.Timestamp, s.RowCount, s.FileCount, s.Bytes, s.PartitionBy);

    public static TableDetailsView Of(TableSnapshot s, string location) => new(
        s.Table,
        TableName.Parse(s.Table).Layer,
        s.Description,
        s.Version,
        s.Timestamp,
        s.RowCount,
        s.FileCount,
        s.Bytes,
        s.PartitionBy,
        [.. s.Schema.Columns.Select(static c => new ColumnView(c.Name, c.Type.ToString()!, c.Nullable, c.Description))],
        Of(s.Transactions),
        s.Properties,
        s.Properties.TryGetValue("tarn.key", out var key) ? key.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [],
        location);

    public static TableVersionView Of(TableVersion v) => new(v.Version, v.Timestamp, v.Operation, v.Metrics, Of(v.Transactions), v.By);

    public static AsOf? ParseAsOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return Instants.TryParse(text, out var time) ? AsOf.Time(time) : AsOf.Parse(text);
    }

    private static List<TransactionView> Of(IReadOnlyList<AppTransaction> transactions) => [.. transactions.Select(static t => new TransactionView(t.AppId, t.Version))];
}
