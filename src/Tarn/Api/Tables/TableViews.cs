using Tarn.Core;
using Tarn.Lake;

namespace Tarn;

/// <summary>What the lake holds, as the API says it.</summary>
internal static class TableViews
{
    public static TableView Of(TableSnapshot s) =>
        new(s.Table, TableName.Parse(s.Table).Layer, s.Description, "table", s.Version, s.Timestamp, s.RowCount, s.FileCount, s.Bytes, s.PartitionBy);

    public static TableView Of(LakeView v) => new(v.Name, TableName.Parse(v.Name).Layer, v.Description, "view", null, v.UpdatedAt, null, 0, 0, []);

    public static TableDetailsView Of(TableSnapshot s, string location, ModelCatalog models) => new(
        s.Table,
        TableName.Parse(s.Table).Layer,
        s.Description,
        "table",
        s.Version,
        s.Timestamp,
        s.RowCount,
        s.FileCount,
        s.Bytes,
        s.PartitionBy,
        Of(s.Schema),
        Of(s.Transactions),
        s.Properties,
        s.Properties.TryGetValue("tarn.key", out var key) ? key.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [],
        location,
        models.Models.Find(s.Table)?.Upstream ?? [],
        models.Models.DownstreamOf(s.Table),
        models.ViewOf(s.Table));

    public static TableDetailsView Of(LakeView v, ModelCatalog models) => new(
        v.Name,
        TableName.Parse(v.Name).Layer,
        v.Description,
        "view",
        null,
        v.UpdatedAt,
        null,
        0,
        0,
        [],
        Of(v.Schema),
        [],
        new Dictionary<string, string>(),
        models.Models.Find(v.Name)?.UniqueKey ?? [],
        "",
        models.Models.Find(v.Name)?.Upstream ?? [],
        models.Models.DownstreamOf(v.Name),
        models.ViewOf(v.Name));

    public static TableVersionView Of(TableVersion v) => new(v.Version, v.Timestamp, v.Operation, v.Metrics, Of(v.Transactions), v.By);

    public static AsOf? ParseAsOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return Instants.TryParse(text, out var time) ? AsOf.Time(time) : AsOf.Parse(text);
    }

    private static List<ColumnView> Of(TableSchema schema) => [.. schema.Columns.Select(static c => new ColumnView(c.Name, c.Type.ToString()!, c.Nullable, c.Description))];

    private static List<TransactionView> Of(IReadOnlyList<AppTransaction> transactions) => [.. transactions.Select(static t => new TransactionView(t.AppId, t.Version))];
}
