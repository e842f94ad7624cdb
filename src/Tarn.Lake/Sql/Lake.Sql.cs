namespace Tarn.Lake;

public sealed partial class Lake
{
    private SqlEngine? _sql;

    /// <summary>SQL over the tables.</summary>
    public SqlEngine Sql => _sql ?? Interlocked.CompareExchange(ref _sql, new SqlEngine(this, DuckDb), null) ?? _sql;
}
