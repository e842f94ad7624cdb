namespace Tarn.Lake;

public sealed partial class SqlEngine
{
    /// <summary>
    /// Whether a query names files, or tables by where they are (<c>delta_scan</c>, <c>read_parquet</c>, <c>FROM 'a.csv'</c>), so that it depends on who may read
    /// them: <see cref="LakeOptions.ReadableFolders"/>. What is not SQL names none.
    /// </summary>
    public static bool NamesFiles(string sql)
    {
        var tokens = QueryLexer.Read(sql);
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            var (token, next) = (tokens[i], tokens[i + 1]);
            if (token.IsName && next.IsSign("(") && IsFileFunction(token.Value, i + 2 < tokens.Count ? tokens[i + 2] : null))
            {
                return true;
            }

            if ((token.Is("FROM") || token.Is("JOIN") || token.Is("DESCRIBE") || token.Is("SUMMARIZE"))
                && next.Kind is QueryTokenKind.Text or QueryTokenKind.QuotedName && next.Value.AsSpan().IndexOfAny('/', '.') >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsFileFunction(string name, QueryToken? argument) =>
        SqlInspection.FileFunctions.Contains(name)
        || string.Equals(name, SqlFunctions.Scan, StringComparison.OrdinalIgnoreCase)
        || (SqlFunctions.IsOurs(name) && argument is { Kind: QueryTokenKind.Text } text && text.Value.AsSpan().IndexOfAny('/', ':') >= 0);
}
