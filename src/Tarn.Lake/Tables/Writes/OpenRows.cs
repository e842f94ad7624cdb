using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Rows ready to be read, any number of times, by SQL on the connection that they come with.</summary>
internal abstract class OpenRows : IAsyncDisposable
{
    private IReadOnlyList<DuckDbColumn>? _columns;

    /// <summary>The connection; nobody else uses it meanwhile.</summary>
    public abstract DuckDbConnection Connection { get; }

    /// <summary>The SELECT that gives them.</summary>
    public abstract string Sql { get; }

    /// <summary>Values of the parameters that <see cref="Sql"/> has.</summary>
    public virtual IReadOnlyDictionary<string, object?> Parameters => NoParameters;

    /// <summary>How many rows there are; null where that is not known before they are read.</summary>
    public virtual long? Count => null;

    protected static IReadOnlyDictionary<string, object?> NoParameters { get; } = new Dictionary<string, object?>();

    /// <summary>Their columns.</summary>
    public IReadOnlyList<DuckDbColumn> Columns()
    {
        if (_columns is null)
        {
            using var statement = Connection.Prepare($"SELECT * FROM ({Sql}\n) LIMIT 0");
            QueryParameters.Bind(statement, Parameters);
            using var result = statement.Query();
            _columns = result.Columns;
        }

        return _columns;
    }

    public abstract ValueTask DisposeAsync();
}
