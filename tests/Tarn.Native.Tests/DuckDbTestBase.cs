namespace Tarn.Native.Tests;

/// <summary>A database in memory and a connection, for tests that need no more.</summary>
public abstract class DuckDbTestBase : IDisposable
{
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();

    private protected DuckDbTestBase()
    {
        Connection = _database.Connect();
        Connection.Execute("SET TimeZone = 'UTC'");
    }

    private protected DuckDbConnection Connection { get; }

    private protected DuckDbDatabase Database => _database;

    public void Dispose()
    {
        Connection.Dispose();
        _database.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>All rows, as objects.</summary>
    private protected List<object?[]> Rows(string sql)
    {
        using var result = Connection.Query(sql);
        return Rows(result);
    }

    private protected static List<object?[]> Rows(DuckDbResult result)
    {
        var rows = new List<object?[]>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    rows.Add([.. Enumerable.Range(0, chunk.ColumnCount).Select(c => chunk.Column(c).GetValue(i))]);
                }
            }
        }

        return rows;
    }
}
