using System.Text;

namespace Tarn.Postgres;

/// <summary>The statements of a sink, made once per sink.</summary>
internal sealed class MergeSql<TRow>
{
    public const string Batch = "tarn_batch";

    public MergeSql(PostgresTarget target, PostgresColumns<TRow> columns)
    {
        var names = columns.All.Select(static c => c.Name).ToList();
        var list = SqlNames.List(names);
        CreateBatch = $"CREATE TEMP TABLE {Batch} ({string.Join(", ", columns.All.Select(static c => $"{SqlNames.Quote(c.Name)} {c.SqlType}"))}) ON COMMIT DROP";
        Copy = $"COPY {Batch} ({list}) FROM STDIN (FORMAT BINARY)";
        Merge = target.Key.Count == 0
            ? $"WITH added AS (INSERT INTO {SqlNames.Of(target)} ({list}) SELECT {list} FROM {Batch} RETURNING 1) SELECT count(*), 0::bigint FROM added"
            : Upsert(target, columns, names, list);
    }

    /// <summary>A table for the batch, without keys or checks.</summary>
    public string CreateBatch { get; }

    public string Copy { get; }

    /// <summary>Moves the batch into the target, and gives how many rows were inserted and how many updated.</summary>
    public string Merge { get; }

    private static string Upsert(PostgresTarget target, PostgresColumns<TRow> columns, List<string> names, string list)
    {
        var key = SqlNames.List(target.Key);
        var others = names.Except(target.Key).ToList();
        var order = string.Join(", ", target.Newest.Select(n => $"{Compared(columns.Get(n), "b")} DESC NULLS LAST"));
        var set = string.Join(", ", others.Select(static n => $"{SqlNames.Quote(n)} = EXCLUDED.{SqlNames.Quote(n)}"));
        return $"""
            WITH newest AS (
                SELECT DISTINCT ON ({key}) {list} FROM {Batch} AS b ORDER BY {key}, {order}, {Hash("b", names)} DESC
            ), merged AS (
                INSERT INTO {SqlNames.Of(target)} AS t ({list}) SELECT {list} FROM newest
                ON CONFLICT ({key}) DO UPDATE SET {set} WHERE {Newer(target, columns, names)}
                RETURNING (xmax = 0) AS is_new
            )
            SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged
            """;
    }

    /// <summary>Whether the incoming row is newer: the columns in turn, null oldest, and the content's hash where they are all equal.</summary>
    private static string Newer(PostgresTarget target, PostgresColumns<TRow> columns, List<string> names)
    {
        var text = new StringBuilder();
        foreach (var name in target.Newest)
        {
            var (incoming, stored) = (Compared(columns.Get(name), "EXCLUDED"), Compared(columns.Get(name), "t"));
            text.Append($"({incoming} IS NOT NULL AND ({stored} IS NULL OR {incoming} > {stored})) OR ({incoming} IS NOT DISTINCT FROM {stored} AND (");
        }

        return text.Append(Hash("EXCLUDED", names)).Append(" > ").Append(Hash("t", names)).Append(')', target.Newest.Count * 2).ToString();
    }

    private static string Compared(PostgresColumn<TRow> column, string table) =>
        $"{table}.{SqlNames.Quote(column.Name)}{(column.SqlType == "text" ? " COLLATE \"C\"" : "")}";

    private static string Hash(string table, List<string> names) =>
        $"md5(ROW({string.Join(", ", names.Select(n => $"{table}.{SqlNames.Quote(n)}"))})::text) COLLATE \"C\"";
}
