using Tarn.Native;

namespace Tarn.Lake;

/// <summary>A connection with a catalog of its own, in which the tables that its queries name are views of the version wanted.</summary>
internal sealed class SqlSession : IDisposable
{
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
    internal void Show(TableSnapshot table)
    {
        if (_views.TryGetValue(table.Table, out var shown) && shown.Version == table.Version && shown.Id == table.Id)
        {
            return;
        }

        var dot = table.Table.IndexOf('.', StringComparison.Ordinal);
        var layer = SqlNames.Quote(table.Table[..dot]);
        Connection.Execute(
            $"CREATE SCHEMA IF NOT EXISTS {_catalog}.{layer}; CREATE OR REPLACE VIEW {_catalog}.{layer}.{SqlNames.Quote(table.Table[(dot + 1)..])} AS {TableView.Sql(table)}");
        _views[table.Table] = (table.Id, table.Version);
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
