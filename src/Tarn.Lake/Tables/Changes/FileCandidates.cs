using Tarn.Native;

namespace Tarn.Lake;

/// <summary>The files that may hold rows which satisfy a condition.</summary>
internal static class FileCandidates
{
    public static Task<IReadOnlyList<DataFile>> OfAsync(
        LogState state, DuckDbConnection connection, string? where, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken)
    {
        _ = (connection, where, parameters, cancellationToken);
        return Task.FromResult<IReadOnlyList<DataFile>>(state.OrderedFiles);
    }

    /// <summary>The files that may hold rows which match rows of a source.</summary>
    /// <param name="state">The version.</param>
    /// <param name="connection">Has the source.</param>
    /// <param name="on">The condition over <c>target</c> and <c>source</c>; null for all files.</param>
    /// <param name="source">The source's table.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="cancellationToken">Ends the choice.</param>
    public static Task<IReadOnlyList<DataFile>> OfJoinAsync(
        LogState state, DuckDbConnection connection, string? on, string source, IReadOnlyList<DuckDbColumn> columns, CancellationToken cancellationToken)
    {
        _ = (connection, on, source, columns, cancellationToken);
        return Task.FromResult<IReadOnlyList<DataFile>>(state.OrderedFiles);
    }
}
