namespace Tarn.Native;

/// <summary>A prepared statement. Parameters are numbered from 1.</summary>
internal sealed unsafe class DuckDbStatement : IDisposable
{
    private readonly DuckDbStatementHandle _handle;

    private DuckDbStatement(DuckDbStatementHandle handle) => _handle = handle;

    internal DuckDbStatementType Type => (DuckDbStatementType)DuckDbApi.StatementType(_handle);

    internal int ParameterCount => (int)DuckDbApi.ParameterCount(_handle);

    /// <summary>The number of a named parameter, or 0 where the statement has none of that name.</summary>
    internal int ParameterIndex(string name) => DuckDbApi.ParameterIndex(_handle, out var index, name) == 0 ? (int)index : 0;

    /// <summary>The name of a parameter: that after <c>$</c>, or its number as text.</summary>
    internal string ParameterName(int index) => DuckDbApi.ParameterName(_handle, (ulong)index) is var name and not 0 ? DuckDbText.Take(name) : "";

    /// <summary>
    /// Binds a value: null, bool, int, long, float, double, decimal, string, byte[], DateOnly, DateTimeOffset (an instant),
    /// DateTime (without zone), or a sequence of strings, longs or instants (a list).
    /// </summary>
    internal DuckDbStatement Bind(int index, object? value)
    {
        var created = DuckDbValues.Create(value);
        try
        {
            if (DuckDbApi.BindValue(_handle, (ulong)index, created) != 0)
            {
                throw new DuckDbException(DuckDbErrorType.InvalidInput, $"The statement has no parameter {index}, or it does not take {value?.GetType().Name ?? "null"}.");
            }
        }
        finally
        {
            DuckDbApi.DestroyValue(ref created);
        }

        return this;
    }

    internal void ClearBindings() => _ = DuckDbApi.ClearBindings(_handle);

    /// <summary>Runs to the end.</summary>
    /// <returns>The number of rows inserted, updated or deleted.</returns>
    internal long Execute()
    {
        using var result = Query();
        return result.RowsChanged;
    }

    /// <summary>Runs; the whole result is kept in DuckDB's memory until disposed.</summary>
    internal DuckDbResult Query() => DuckDbResult.Take(DuckDbApi.Execute(_handle, out var result), result);

    /// <summary>Starts; rows are computed as they are fetched. The connection runs nothing else until the result is disposed.</summary>
    internal DuckDbResult Stream() => DuckDbResult.Take(DuckDbApi.ExecuteStreaming(_handle, out var result), result);

    public void Dispose() => _handle.Dispose();

    internal static DuckDbStatement Take(int state, DuckDbStatementHandle handle)
    {
        if (state == 0)
        {
            return new DuckDbStatement(handle);
        }

        using (handle)
        {
            var message = handle.IsInvalid ? "The statement could not be prepared." : DuckDbText.Borrow(DuckDbApi.PrepareError(handle));
            throw new DuckDbException(DuckDbErrors.TypeOf(message), message);
        }
    }
}

/// <summary>duckdb_statement_type.</summary>
internal enum DuckDbStatementType
{
    Invalid = 0,
    Select = 1,
    Insert = 2,
    Update = 3,
    Explain = 4,
    Delete = 5,
    Prepare = 6,
    Create = 7,
    Execute = 8,
    Alter = 9,
    Transaction = 10,
    Copy = 11,
    Analyze = 12,
    VariableSet = 13,
    CreateFunction = 14,
    Drop = 15,
    Export = 16,
    Pragma = 17,
    Vacuum = 18,
    Call = 19,
    Set = 20,
    Load = 21,
    Relation = 22,
    Extension = 23,
    LogicalPlan = 24,
    Attach = 25,
    Detach = 26,
    Multiple = 27,
}
