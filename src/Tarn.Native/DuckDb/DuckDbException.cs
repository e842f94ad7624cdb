namespace Tarn.Native;

/// <summary>An error that DuckDB reports, in its own words. Callers turn it into an error of ours where they know what the user asked.</summary>
internal sealed class DuckDbException : Exception
{
    internal DuckDbException(DuckDbErrorType type, string message)
        : base(message) => Type = type;

    /// <summary>The kind of error; <see cref="DuckDbErrorType.Invalid"/> where DuckDB does not say.</summary>
    internal DuckDbErrorType Type { get; }

    /// <summary>Whether the work was stopped by <see cref="DuckDbConnection.Interrupt"/>.</summary>
    internal bool IsInterrupt => Type == DuckDbErrorType.Interrupt;
}

/// <summary>duckdb_error_type, those that callers tell apart.</summary>
internal enum DuckDbErrorType
{
    Invalid = 0,
    OutOfRange = 1,
    Conversion = 2,
    Transaction = 10,
    Catalog = 13,
    Parser = 14,
    Constraint = 18,
    Syntax = 22,
    Binder = 24,
    Io = 28,
    Interrupt = 29,
    Fatal = 30,
    Internal = 31,
    InvalidInput = 32,
    OutOfMemory = 33,
    Permission = 34,
}
