using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>A connection with a catalog of its own, in which the tables that its queries name are views of the version wanted.</summary>
internal sealed class SqlSession : IDisposable
{
    /// <summary>The schema of the tables of deleted rows; no layer has a name like it.</summary>
    private const string DeletedRows = "__deleted_rows";

    private readonly string _catalog;
    private readonly Dictionary<string, (string Id, long Version)> _views = new(StringComparer.Ordinal);

    internal SqlSession(DuckDbConnection connection, int number)
    {
        Connection = connection;
        _catalog = $"session_{number}";
        connection.Execute($"ATTACH ':memory:' AS {_catalog}; USE {_catalog};");
    }

    internal DuckDbConnection Connection { get; }

    /// <summary>Makes the view of a table show that version.</summary>
    internal void Show(TableSnapshot table, SnapshotScan scan)
    {
        if (_views.TryGetValue(table.Table, out var shown) && shown.Version == table.Version && shown.Id == table.Id && table.Store.LocalRoot is not null)
        {
            return;
        }

        var dot = table.Table.IndexOf('.', StringComparison.Ordinal);
        var layer = SqlNames.Quote(table.Table[..dot]);
        var name = table.Table[(dot + 1)..];
        Connection.Execute($"CREATE SCHEMA IF NOT EXISTS {_catalog}.{layer}");
        string? deleted = null;
        if (scan.HasDeletedRows)
        {
            Connection.Execute($"CREATE SCHEMA IF NOT EXISTS {_catalog}.{DeletedRows}");
            scan.LoadDeletedRows(Connection, _catalog, DeletedRows, table.Table);
            deleted = $"{_catalog}.{DeletedRows}.{SqlNames.Quote(table.Table)}";
        }

        Connection.Execute($"CREATE OR REPLACE VIEW {_catalog}.{layer}.{SqlNames.Quote(name)} AS {scan.Sql(deleted)}");
        _views[table.Table] = (table.Id, table.Version);
    }

    /// <summary>Makes a view of the lake what its definition says; what it reads is shown before.</summary>
    internal void Show(LakeView view)
    {
        var name = TableName.Parse(view.Name);
        var layer = SqlNames.Quote(name.Layer);
        Connection.Execute(
            $"CREATE SCHEMA IF NOT EXISTS {_catalog}.{layer}; CREATE OR REPLACE VIEW {_catalog}.{layer}.{SqlNames.Quote(name.Name)} AS\n{view.Sql}\n");
        _views.Remove(view.Name);
    }

    public void Dispose()
    {
        try
        {
            Connection.Execute($"USE memory; DETACH {_catalog};");
        }
        catch (DuckDbException)
        {
            // A database that failed takes its catalogs with it.
        }

        Connection.Dispose();
    }
}
