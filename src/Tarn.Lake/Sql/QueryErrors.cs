using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>DuckDB's errors as ours.</summary>
internal static class QueryErrors
{
    /// <param name="error">DuckDB's error.</param>
    /// <param name="sql">The query, so that the error's place is that of the text that the user wrote.</param>
    internal static TarnException From(DuckDbException error, RewrittenSql? sql = null) => error.Type switch
    {
        DuckDbErrorType.Permission => new TarnException(
            ErrorKind.InvalidInput, $"A query reads tables of the lake and nothing else. {error.Message}", null, "Name tables as layer.table.", error),
        DuckDbErrorType.OutOfMemory => new TarnException(
            ErrorKind.Unavailable, "The query needs more memory than DuckDB may use.", FirstLine(error.Message), "Ask for less, raise Lake:DuckDbMemoryBytes, or set Lake:SpillFolder.", error),
        DuckDbErrorType.Io => new TarnException(
            ErrorKind.Unavailable, "A data file of the table cannot be read.", FirstLine(error.Message), "Versions older than the last VACUUM's retention are gone; otherwise see that the disk is there.", error),
        DuckDbErrorType.Interrupt => new TarnException(ErrorKind.Unavailable, "The query was interrupted.", null, "Run it again.", error),
        DuckDbErrorType.Fatal or DuckDbErrorType.Internal => new TarnException(ErrorKind.Unavailable, "DuckDB failed.", error.Message, "Run it again; if it fails again, write it another way.", error),
        _ => new TarnException(ErrorKind.InvalidInput, sql?.Restore(error.Message) ?? error.Message, null, null, error),
    };

    internal static TarnException NotReading(string sql) => TarnException.InvalidInput(
        "A query is one statement that reads: SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE or EXPLAIN.",
        Shorten(sql),
        "Tables are written through the API, by pipelines and by sinks.");

    internal static TarnException Several(int count, string sql) => TarnException.InvalidInput(
        $"A query is one statement; these are {count}.", Shorten(sql), "Send them one by one.");

    internal static TarnException Empty() => TarnException.InvalidInput("A query is one statement; this is none.", "", "For example SELECT count(*) FROM silver.earthquakes.");

    internal static TarnException Function(string name, bool readsFiles) => TarnException.InvalidInput(
        readsFiles ? "A query here reads tables of the lake; files, only where Lake:ReadableFolders allows them."
            : "In FROM stand tables of the lake, subqueries, and functions that touch no files and no settings.",
        name,
        readsFiles
            ? "On the command line, tables query reads files too, with the rights of whoever calls it; delta_scan reads Delta tables."
            : $"Functions to use there: {string.Join(", ", SqlInspection.Functions.Order(StringComparer.Ordinal))}, delta_scan, table_changes, table_history.");

    private static string Shorten(string sql)
    {
        var text = sql.Trim().ReplaceLineEndings(" ");
        return text.Length <= 80 ? text : text[..80] + "…";
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0];
}
