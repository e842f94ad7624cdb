using System.Threading.Channels;
using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// The audit log in the metadata store: entries are only added, and go when they are older than <c>Security:AuditRetention</c>. They are written beside the requests, those that wait
/// together in one commit, in which equal ones are one entry with their number.
/// </summary>
internal sealed partial class AuditLog(MetadataStore store, RefusalTally refusals, SecurityPlan plan, TimeProvider time, ILogger<AuditLog> logger)
{
    private const int MostBatch = 500;

    private readonly Channel<Item> _waiting = Channel.CreateBounded<Item>(new BoundedChannelOptions(8192) { SingleReader = true });

    /// <summary>Adds an entry; waits where very many wait to be written.</summary>
    public async ValueTask AddAsync(AuditEntry entry)
    {
        while (!_waiting.Writer.TryWrite(new Item(entry, null)))
        {
            if (!await _waiting.Writer.WaitToWriteAsync().ConfigureAwait(false))
            {
                // A request that outlived the server's stop: its entry is in the log of the process at least.
                LogTooLate(entry.Who, entry.Method, entry.Path, entry.Status);
                return;
            }
        }
    }

    /// <summary>Waits until what was added before is written, refusals that were only counted so far included.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await AddRefusalsAsync().ConfigureAwait(false);
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _waiting.Writer.WriteAsync(new Item(null, written), cancellation).ConfigureAwait(false);
        await written.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Adds the refusals that were counted.</summary>
    public async Task AddRefusalsAsync()
    {
        foreach (var entry in refusals.Take())
        {
            await AddAsync(entry).ConfigureAwait(false);
        }
    }

    /// <summary>The entries, newest first.</summary>
    /// <param name="before">Only those before the one of this number.</param>
    /// <param name="who">Only those of this caller.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public Task<IReadOnlyList<AuditEntry>> ListAsync(long? before, string? who, int limit, CancellationToken cancellation) => store.ReadAsync<IReadOnlyList<AuditEntry>>(
        async connection => [.. (await connection.QueryAsync<AuditRow>(
            $"""
            SELECT seq AS Seq, at AS At, until AS Until, who AS Who, who_name AS WhoName, via AS Via, remote AS Remote, method AS Method, path AS Path, status AS Status, times AS Times, detail AS Detail
            FROM security_audit WHERE 1 = 1{(before is null ? "" : " AND seq < @before")}{(who is null ? "" : " AND who = @who")} ORDER BY seq DESC LIMIT @limit
            """,
            new { before, who = who is null ? null : StoredText.Clean(who), limit })).Select(static r => r.ToEntry())],
        cancellation);

    /// <summary>Removes what is older than it is kept, and use of days long past.</summary>
    public Task PruneAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var values = new { audit = Instant.ToMicroseconds(now - plan.Options.AuditRetention), day = KeyUsage.DayOf(now) - 40, now = Instant.ToMicroseconds(now) };
        return store.WriteAsync(
            async (connection, transaction) =>
                await connection.ExecuteAsync("DELETE FROM security_audit WHERE at < @audit", values, transaction)
                + await connection.ExecuteAsync("DELETE FROM security_use WHERE day < @day", values, transaction)
                + await connection.ExecuteAsync("DELETE FROM security_session WHERE expires_at <= @now", values, transaction),
            cancellation: cancellation);
    }

    /// <summary>Writes entries until <see cref="Complete"/> was called and all are written. Where the store cannot be written they wait until it can.</summary>
    public async Task RunAsync(CancellationToken abandon)
    {
        var batch = new List<Item>();
        while (await _waiting.Reader.WaitToReadAsync(abandon).ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MostBatch && _waiting.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            await WriteAsync(batch, abandon).ConfigureAwait(false);
            foreach (var item in batch)
            {
                item.Written?.TrySetResult();
            }
        }
    }

    /// <summary>No more is added.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    private async Task WriteAsync(List<Item> batch, CancellationToken abandon)
    {
        var rows = Merge(batch);
        while (rows.Count > 0)
        {
            try
            {
                await store.WriteAsync(
                    (connection, transaction) => connection.ExecuteAsync(
                        """
                        INSERT INTO security_audit(at, until, who, who_name, via, remote, method, path, status, times, detail)
                        VALUES (@At, @Until, @Who, @WhoName, @Via, @Remote, @Method, @Path, @Status, @Times, @Detail)
                        """,
                        rows,
                        transaction),
                    cancellation: abandon).ConfigureAwait(false);
                return;
            }
            catch (TarnException exception) when (exception.Kind == ErrorKind.Unavailable)
            {
                LogNotWritten(exception, rows.Count);
                await Task.Delay(TimeSpan.FromSeconds(1), time, abandon).ConfigureAwait(false);
            }
        }
    }

    private static List<AuditRow> Merge(List<Item> batch)
    {
        var rows = new List<AuditRow>();
        var equal = new Dictionary<(string Who, string Via, string Remote, string Method, string Path, int Status, string? Detail), AuditRow>();
        foreach (var item in batch)
        {
            if (item.Entry is not { } entry)
            {
                continue;
            }

            var key = (entry.Who, entry.Via, entry.Remote, entry.Method, entry.Path, entry.Status, entry.Detail);
            if (equal.TryGetValue(key, out var row))
            {
                row.Times += entry.Times;
                row.Until = Math.Max(row.Until, Instant.ToMicroseconds(entry.Until));
            }
            else
            {
                rows.Add(equal[key] = AuditRow.Of(entry));
            }
        }

        return rows;
    }

    [LoggerMessage(EventId = 7071, Level = LogLevel.Error, Message = "The audit log cannot be written; {Count} entries wait.")]
    private partial void LogNotWritten(Exception exception, int count);

    [LoggerMessage(EventId = 7075, Level = LogLevel.Warning, Message = "Too late for the audit log: {Who} {Method} {Path} {Status}")]
    private partial void LogTooLate(string who, string method, string path, int status);

    private readonly record struct Item(AuditEntry? Entry, TaskCompletionSource? Written);
}
