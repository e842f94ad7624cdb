using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Where a relation of a session keeps tables of rows of its files (deleted ones, changed ones).</summary>
internal sealed class SessionTables(DuckDbConnection connection, string catalog, string schema, string relation)
{
    private readonly List<string> _made = [];

    /// <summary>The tables that were made.</summary>
    public IReadOnlyList<string> Made => _made;

    /// <summary>Makes a table (file BIGINT, row BIGINT) of rows by the positions of their files.</summary>
    /// <returns>Its full name.</returns>
    public string Load(string suffix, IReadOnlyList<RowSet?> rows)
    {
        connection.Execute($"CREATE SCHEMA IF NOT EXISTS {catalog}.{schema}");
        SnapshotScan.LoadRows(connection, catalog, schema, relation + suffix, rows);
        var name = $"{catalog}.{schema}.{SqlNames.Quote(relation + suffix)}";
        _made.Add(name);
        return name;
    }
}
