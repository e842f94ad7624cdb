using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Rows in a temporary table of a connection, which SQL on the same connection can read and join; dropped when disposed.</summary>
internal sealed class RowBatch(DuckDbConnection connection, string table, int rows) : IDisposable
{
    /// <summary>The table as SQL names it.</summary>
    internal string Sql { get; } = $"temp.main.{SqlNames.Quote(table)}";

    /// <summary>How many rows it holds.</summary>
    internal int Rows { get; } = rows;

    public void Dispose() => connection.Execute($"DROP TABLE IF EXISTS {Sql}");
}
