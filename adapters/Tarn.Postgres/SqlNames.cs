namespace Tarn.Postgres;

/// <summary>Names in SQL.</summary>
internal static class SqlNames
{
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Of(PostgresTarget target) => $"{Quote(target.Schema)}.{Quote(target.Table)}";

    public static string List(IEnumerable<string> names) => string.Join(", ", names.Select(Quote));

    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
