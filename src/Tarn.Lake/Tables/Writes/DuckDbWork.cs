using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Runs the statements of writes: off the caller's thread, interrupted when the write is cancelled, with errors as ours.</summary>
internal static class DuckDbWork
{
    /// <summary>Runs statements on a connection.</summary>
    /// <exception cref="TarnException">DuckDB failed, or the disk did.</exception>
    public static async Task<T> RunAsync<T>(DuckDbConnection connection, Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await Task.Run(() => Interruptible.Run(connection, work, cancellationToken), CancellationToken.None).ConfigureAwait(false);
        }
        catch (DuckDbException error) when (error.IsInterrupt && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (DuckDbException error)
        {
            throw From(error);
        }
        catch (Exception error) when (StoreError.IsKnown(error))
        {
            throw StoreError.From(error, "write", "a data file");
        }
    }

    /// <inheritdoc cref="RunAsync{T}(DuckDbConnection, Func{T}, CancellationToken)"/>
    public static Task RunAsync(DuckDbConnection connection, Action work, CancellationToken cancellationToken) => RunAsync(
        connection,
        () =>
        {
            work();
            return true;
        },
        cancellationToken);

    /// <summary>Prepares a statement, and binds those of the values that it has parameters for.</summary>
    /// <exception cref="TarnException">A parameter has no value.</exception>
    public static DuckDbStatement Prepare(DuckDbConnection connection, string sql, IReadOnlyDictionary<string, object?> parameters)
    {
        var statement = connection.Prepare(sql);
        try
        {
            for (var i = 1; i <= statement.ParameterCount; i++)
            {
                var name = statement.ParameterName(i);
                var value = parameters.FirstOrDefault(p => string.Equals(p.Key, name, StringComparison.OrdinalIgnoreCase));
                statement.Bind(i, value.Key is not null ? value.Value : throw TarnException.InvalidInput(
                    "A statement's parameters all have a value.", $"${name}", $"Give {name} with the write, or with its query."));
            }

            return statement;
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    /// <summary>Runs a statement, and tells how many rows it changed.</summary>
    public static long Execute(DuckDbConnection connection, string sql, IReadOnlyDictionary<string, object?> parameters)
    {
        using var statement = Prepare(connection, sql, parameters);
        return statement.Execute();
    }

    private static TarnException From(DuckDbException error) =>
        error.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase)
            ? new TarnException(ErrorKind.Unavailable, "The disk is full: it was not possible to write a file of the lake.", null, "Free space; nothing that was committed is lost, and the write can be tried again.", error)
            : RuleBroken.From(error) ?? QueryErrors.From(error);
}
