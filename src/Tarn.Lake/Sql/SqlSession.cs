using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>A connection with a catalog of its own, in which what its queries name are views of what is wanted.</summary>
internal sealed class SqlSession : IDisposable
{
    /// <summary>The schemas of what the session keeps for itself; no layer has a name like them.</summary>
    private const string Rows = "__rows";
    private const string Files = "__files";

    private readonly string _catalog;
    private readonly Dictionary<string, (object? Key, IReadOnlyList<string> Tables)> _shown = new(StringComparer.Ordinal);

    internal SqlSession(DuckDbConnection connection, int number)
    {
        Connection = connection;
        _catalog = $"session_{number}";
        connection.Execute($"ATTACH ':memory:' AS {_catalog}; USE {_catalog};");
        Choice = new FileChoice(connection, $"{_catalog}.{Files}");
    }

    internal DuckDbConnection Connection { get; }

    /// <summary>Chooses files for queries.</summary>
    internal FileChoice Choice { get; }

    /// <summary>Whether a name shows what the key says.</summary>
    internal bool Shows(string schema, string name, object? key) => key is not null && _shown.TryGetValue($"{schema}.{name}", out var shown) && key.Equals(shown.Key);

    /// <summary>Makes a name show something.</summary>
    internal void Show(string schema, string name, RelationView view)
    {
        if (Shows(schema, name, view.Key))
        {
            return;
        }

        var full = $"{schema}.{name}";
        if (_shown.Remove(full, out var before))
        {
            foreach (var table in before.Tables)
            {
                Connection.Execute($"DROP TABLE IF EXISTS {table}");
            }
        }

        Connection.Execute($"CREATE SCHEMA IF NOT EXISTS {_catalog}.{SqlNames.Quote(schema)}");
        var tables = new SessionTables(Connection, _catalog, Rows, full);
        Connection.Execute($"CREATE OR REPLACE VIEW {_catalog}.{SqlNames.Quote(schema)}.{SqlNames.Quote(name)} AS {view.Sql(tables)}");
        _shown[full] = (view.Key, tables.Made);
    }

    /// <summary>Makes a view of the lake what its definition says; what it reads is shown before.</summary>
    internal void Show(LakeView view)
    {
        var name = TableName.Parse(view.Name);
        var layer = SqlNames.Quote(name.Layer);
        Connection.Execute(
            $"CREATE SCHEMA IF NOT EXISTS {_catalog}.{layer}; CREATE OR REPLACE VIEW {_catalog}.{layer}.{SqlNames.Quote(name.Name)} AS\n{view.Sql}\n");
        _shown.Remove(view.Name);
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
