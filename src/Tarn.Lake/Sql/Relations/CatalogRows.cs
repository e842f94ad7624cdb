using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Rows about tables, written out as a SELECT.</summary>
internal static class CatalogRows
{
    private const string Map = "MAP(VARCHAR, VARCHAR)";
    private const string Touched = "STRUCT(spans STRUCT(\"start\" TIMESTAMP WITH TIME ZONE, \"end\" TIMESTAMP WITH TIME ZONE)[], nulls BOOLEAN, coarse BOOLEAN)";

    /// <summary>The versions of a table.</summary>
    public static string History(IReadOnlyList<TableVersion> versions) => Select(
        [("version", "BIGINT"), ("timestamp", "TIMESTAMP WITH TIME ZONE"), ("operation", "VARCHAR"), ("parameters", Map), ("metrics", Map), ("engine", "VARCHAR"), ("touched", Touched)],
        versions.Select(static v => new[]
        {
            v.Version.ToString(CultureInfo.InvariantCulture),
            SqlNames.Text(v.Timestamp.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            SqlNames.AnyText(v.Operation),
            MapOf(v.Parameters),
            MapOf(v.Metrics),
            v.By is null ? "NULL" : SqlNames.AnyText(v.By),
            v.Touched is null ? "NULL" : TouchedOf(v.Touched),
        }));

    /// <summary>The tables of the lake.</summary>
    public static string Tables(IReadOnlyList<TableName> tables) => Select(
        [("table_catalog", "VARCHAR"), ("table_schema", "VARCHAR"), ("table_name", "VARCHAR"), ("table_type", "VARCHAR")],
        tables.Select(static t => new[] { "'lake'", SqlNames.Text(t.Layer), SqlNames.Text(t.Name), "'BASE TABLE'" }));

    /// <summary>The columns of the lake's tables.</summary>
    public static string Columns(IReadOnlyList<(TableName Table, TableSchema Schema)> tables) => Select(
        [("table_catalog", "VARCHAR"), ("table_schema", "VARCHAR"), ("table_name", "VARCHAR"), ("column_name", "VARCHAR"), ("ordinal_position", "INTEGER"), ("is_nullable", "VARCHAR"), ("data_type", "VARCHAR"), ("column_comment", "VARCHAR")],
        tables.SelectMany(static t => t.Schema.Columns.Select((c, i) => new[]
        {
            "'lake'", SqlNames.Text(t.Table.Layer), SqlNames.Text(t.Table.Name), SqlNames.AnyText(c.Name), (i + 1).ToString(CultureInfo.InvariantCulture), c.Nullable ? "'YES'" : "'NO'",
            SqlNames.Text(SqlNames.Type(c.Type)), c.Description is null ? "NULL" : SqlNames.AnyText(c.Description),
        })));

    private static string Select(IReadOnlyList<(string Name, string Type)> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var values = string.Join(", ", rows.Select(static r => $"({string.Join(", ", r)})"));
        var names = string.Join(", ", columns.Select(static c => $"CAST({SqlNames.Quote(c.Name)} AS {c.Type}) AS {SqlNames.Quote(c.Name)}"));
        return values.Length > 0
            ? $"SELECT {names} FROM (VALUES {values}) t({string.Join(", ", columns.Select(static c => SqlNames.Quote(c.Name)))})"
            : $"SELECT {string.Join(", ", columns.Select(static c => $"CAST(NULL AS {c.Type}) AS {SqlNames.Quote(c.Name)}"))} WHERE false";
    }

    /// <summary>As text that is read when somebody asks for the column.</summary>
    private static string TouchedOf(TouchedTimes touched)
    {
        var spans = string.Join(", ", touched.Spans.Select(static s => $"{{'start': {Text(s.Start)}, 'end': {Text(s.End)}}}"));
        return SqlNames.Text(string.Create(CultureInfo.InvariantCulture, $"{{'spans': [{spans}], 'nulls': {touched.HasNulls}, 'coarse': {touched.IsCoarse}}}"));

        static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
    }

    private static string MapOf(IReadOnlyDictionary<string, string> map) => map.Count == 0
        ? $"CAST(MAP {{}} AS {Map})"
        : $"MAP {{{string.Join(", ", map.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => $"{SqlNames.AnyText(p.Key)}: {SqlNames.AnyText(p.Value)}"))}}}";
}
