using System.Data.Common;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Writes state that must not be lost: where the store cannot be written (a full disk), it says so once and tries again until it can,
/// or the process stops. Every write first asks the fence whether this process may still write.
/// </summary>
/// <remarks>
/// A write of which nobody can know whether it took effect (<see cref="TarnException.IsOutcomeUnknown"/>) is never made again: done twice, it would start a run of which nobody knows that it is led, or count
/// a run's end twice. A node gives up its lease instead, and whoever leads next goes on from what is stored. The embedded store, which a process has for itself, always knows.
/// </remarks>
internal sealed partial class StateWriter(MetadataStore store, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(15);

    public MetadataStore Store => store;

    /// <summary>Throws where this process may write no more; null where nobody else can take its place.</summary>
    public Func<DbConnection, DbTransaction, Task>? Fence { get; set; }

    /// <summary>Writes, however long it takes; at least once, even where the process already stops.</summary>
    /// <exception cref="OperationCanceledException">The process stops: the write may be missing.</exception>
    public Task<T> WriteAsync<T>(
        string what, Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken stop, WriteDurability durability = WriteDurability.Power) =>
        InsistAsync(what, () => WriteOnceAsync(write, durability), stop);

    /// <summary>Calls what writes, until the store can be written; at least once, even where the process already stops.</summary>
    /// <exception cref="OperationCanceledException">The process stops: the write may be missing.</exception>
    /// <exception cref="FencedException">Others have taken this process's place, or nobody knows whether the write took effect.</exception>
    public async Task<T> InsistAsync<T>(string what, Func<Task<T>> write, CancellationToken stop)
    {
        for (var (failures, delay) = (0, FirstDelay); ; failures++, delay = delay < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                var result = await write();
                if (failures > 0)
                {
                    LogWritten(logger, what, failures);
                }

                return result;
            }
            catch (TarnException error) when (error is { Kind: ErrorKind.Unavailable, IsOutcomeUnknown: false })
            {
                if (failures == 0)
                {
                    LogWaits(logger, what, error.Message);
                }
            }

            await Task.Delay(delay, time, stop);
        }
    }

    /// <summary>Writes for a caller who hears of the failure.</summary>
    /// <exception cref="FencedException">Others have taken this process's place, or nobody knows whether the write took effect.</exception>
    public async Task<T> WriteOnceAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, WriteDurability durability = WriteDurability.Power, CancellationToken cancellation = default)
    {
        if (Fence is not { } fence)
        {
            return await store.WriteAsync(write, durability, cancellation);
        }

        try
        {
            return await store.WriteAsync(
                async (connection, transaction) =>
                {
                    await fence(connection, transaction);
                    return await write(connection, transaction);
                },
                durability,
                cancellation);
        }
        catch (TarnException error) when (error.IsOutcomeUnknown)
        {
            throw new FencedException(error.Message, error);
        }
    }

    /// <summary>Writes for a caller who has nothing to hear.</summary>
    public Task WriteAsync(string what, Func<DbConnection, DbTransaction, Task> write, CancellationToken stop) => WriteAsync(
        what,
        async (connection, transaction) =>
        {
            await write(connection, transaction);
            return true;
        },
        stop);

    [LoggerMessage(4001, LogLevel.Error, "The state of pipelines cannot be stored ({What}); it is tried again until it can be. {Reason}")]
    private static partial void LogWaits(ILogger logger, string what, string reason);

    [LoggerMessage(4002, LogLevel.Information, "The state of pipelines is stored again ({What}), after {Failures} failure(s)")]
    private static partial void LogWritten(ILogger logger, string what, int failures);
}
