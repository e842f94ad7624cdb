using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Tarn.Core;

/// <summary>
/// What a channel's queue reads and writes in one transaction: the outcome of the last message, the claim on the channel, what is too old, and which
/// message comes next. The store has one writer at a time, so what is read here holds until the commit.
/// </summary>
internal sealed class ChannelWrites(AlertChannel channel, AlertDeliveryOptions options, string claimant)
{
    private const long Minute = 60_000_000;
    private const int MostInAMessage = 1000;

    /// <summary>How long a claim outlives its last renewal beyond the channel's time-out; then another process may send.</summary>
    private static readonly TimeSpan ClaimMargin = TimeSpan.FromSeconds(15);

    /// <summary>Writes the outcome down, if there is one, and finds out what is next.</summary>
    public async Task<ChannelTurn> TurnAsync(DbConnection connection, DbTransaction transaction, ChannelOutcome? outcome, long? pause, long now)
    {
        var within = (connection, transaction);
        if (outcome is not null)
        {
            await WriteAsync(within, outcome, pause);
        }

        if (await ClaimAsync(within, now) is { } others)
        {
            return new ChannelTurn([], others, 0);
        }

        var given = await GiveUpAsync(within, now);
        var notBefore = await connection.ExecuteScalarAsync<long?>("SELECT not_before FROM alert_channel WHERE channel = @name", new { name = channel.Name }, transaction);
        var waiting = await WaitingAsync(within, alone: false, MostInAMessage);
        var alone = (await WaitingAsync(within, alone: true, 1)).FirstOrDefault();
        var (send, wakeAt) = waiting.Count == 0 && alone is null ? ([], null) : notBefore > now ? ([], notBefore) : await ChooseAsync(within, waiting, alone, now);
        if (send.Count == 0)
        {
            await ReleaseAsync(within);
            return new ChannelTurn([], wakeAt, given);
        }

        await connection.ExecuteAsync(
            $"UPDATE alert_delivery SET attempts = attempts + 1, attempted_at = @now, message = @message WHERE seq IN ({List(send.Select(static r => r.Seq))})",
            new { now, message = string.Create(CultureInfo.InvariantCulture, $"{claimant}/{now}/{send[0].Seq}") },
            transaction);
        return new ChannelTurn(send, null, given);
    }

    /// <summary>Takes a message back that was broken off by the end of the process, as if it had not been tried, and lets other processes send.</summary>
    public async Task AbandonAsync((DbConnection Connection, DbTransaction Transaction) within, IReadOnlyList<long> seqs)
    {
        await within.Connection.ExecuteAsync($"UPDATE alert_delivery SET attempts = attempts - 1 WHERE state = 'waiting' AND seq IN ({List(seqs)})", transaction: within.Transaction);
        await ReleaseAsync(within);
    }

    private Task ReleaseAsync((DbConnection Connection, DbTransaction Transaction) within) => within.Connection.ExecuteAsync(
        "UPDATE alert_channel SET claimed_by = NULL, claimed_until = NULL WHERE channel = @name AND claimed_by = @claimant", new { name = channel.Name, claimant }, within.Transaction);

    /// <summary>Takes the channel; else, until when another process has it.</summary>
    private async Task<long?> ClaimAsync((DbConnection Connection, DbTransaction Transaction) within, long now)
    {
        var until = now + Microseconds(channel.Options.Timeout + ClaimMargin);
        var taken = await within.Connection.ExecuteAsync(
            """
            INSERT INTO alert_channel(channel, claimed_by, claimed_until) VALUES (@name, @claimant, @until)
            ON CONFLICT(channel) DO UPDATE SET claimed_by = excluded.claimed_by, claimed_until = excluded.claimed_until
            WHERE alert_channel.claimed_by IS NULL OR alert_channel.claimed_by = excluded.claimed_by OR alert_channel.claimed_until <= @now
            """,
            new { name = channel.Name, claimant, until, now },
            within.Transaction);
        return taken > 0
            ? null
            : await within.Connection.ExecuteScalarAsync<long>("SELECT claimed_until FROM alert_channel WHERE channel = @name", new { name = channel.Name }, within.Transaction);
    }

    private async Task<List<WaitingRow>> WaitingAsync((DbConnection Connection, DbTransaction Transaction) within, bool alone, int most) => (await within.Connection.QueryAsync<WaitingRow>(
        $"SELECT {WaitingRow.Columns} FROM alert_delivery d JOIN alert a ON a.id = d.alert WHERE d.state = 'waiting' AND d.channel = @name AND d.alone = @alone ORDER BY d.due_at, d.seq LIMIT @most",
        new { name = channel.Name, alone = alone ? 1L : 0L, most = (long)most },
        within.Transaction)).AsList();

    /// <summary>
    /// Which message is next. Alerts of one key are one; where there are more messages than room, the last that has room is one of all the rest. What was refused before
    /// stays alone, and takes turns with that one: neither keeps the other waiting for ever.
    /// </summary>
    private async Task<(IReadOnlyList<WaitingRow> Send, long? WakeAt)> ChooseAsync(
        (DbConnection Connection, DbTransaction Transaction) within, List<WaitingRow> waiting, WaitingRow? alone, long now)
    {
        var due = waiting.GroupBy(static r => r.Unit ?? r.Seq.ToString(CultureInfo.InvariantCulture), (key, rows) => rows.ToList())
            .Where(rows => rows[0].DueAt <= now).ToList();
        var single = alone?.DueAt <= now ? alone : null;
        if (due.Count == 0 && single is null)
        {
            return ([], Math.Min(waiting.Count > 0 ? waiting[0].DueAt : long.MaxValue, alone?.DueAt ?? long.MaxValue));
        }

        var name = channel.Name;
        var attempted = (await within.Connection.QueryAsync<long>(
            "SELECT min(attempted_at) FROM alert_delivery WHERE channel = @name AND attempted_at > @since GROUP BY message", new { name, since = now - Minute }, within.Transaction)).AsList();
        var room = channel.Options.MessagesPerMinute - attempted.Count;
        if (room <= 0)
        {
            return ([], attempted.Order().ElementAt(-room) + Minute);
        }

        if (single is not null && (due.Count == 0 || (room > 1 ? single.DueAt < due[0][0].DueAt : !await WasAloneAsync(within))))
        {
            return ([single], null);
        }

        return (room == 1 ? [.. due.SelectMany(static rows => rows)] : due[0], null);
    }

    /// <summary>Whether the last message was one that had been refused before.</summary>
    private async Task<bool> WasAloneAsync((DbConnection Connection, DbTransaction Transaction) within) => await within.Connection.ExecuteScalarAsync<long?>(
        "SELECT alone FROM alert_delivery WHERE channel = @name AND attempted_at IS NOT NULL ORDER BY attempted_at DESC, seq DESC LIMIT 1", new { name = channel.Name }, within.Transaction) == 1;

    private Task<int> GiveUpAsync((DbConnection Connection, DbTransaction Transaction) within, long now) => within.Connection.ExecuteAsync(
        "UPDATE alert_delivery SET state = 'undelivered', ended_at = @now WHERE state = 'waiting' AND channel = @name AND recorded_at <= @before",
        new { now, name = channel.Name, before = now - Microseconds(options.MaximumAge) },
        within.Transaction);

    private async Task WriteAsync((DbConnection Connection, DbTransaction Transaction) within, ChannelOutcome outcome, long? pause)
    {
        var (name, at, seqs, error) = (channel.Name, outcome.At, outcome.Deliveries, outcome.Result.Error);
        var due = seqs.Count > 1 ? at : pause;
        var (rows, own) = outcome.Result switch
        {
            { IsSent: true } => ("SET state = 'sent', ended_at = @at, error = NULL", "SET failures = 0, not_before = NULL, last_success_at = @at"),

            // What the receiver will not have is tried apart from what else there is, lest that be refused with it: of several at once, because most of them may be good.
            { IsRefused: true } => ("SET due_at = @due, alone = 1, error = @error", "SET failures = 0, not_before = NULL, last_error_at = @at, last_error = @error"),
            _ => ("SET error = @error", "SET failures = failures + 1, not_before = @pause, last_error_at = @at, last_error = @error"),
        };
        await within.Connection.ExecuteAsync($"UPDATE alert_delivery {rows} WHERE state = 'waiting' AND seq IN ({List(seqs)})", new { at, pause, due, error }, within.Transaction);
        await within.Connection.ExecuteAsync($"UPDATE alert_channel {own} WHERE channel = @name", new { name, at, pause, error }, within.Transaction);
    }

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    // Numbers of our own, as text: a list as a parameter is written differently for each kind of store.
    private static string List(IEnumerable<long> seqs) => string.Join(", ", seqs.Select(static s => s.ToString(CultureInfo.InvariantCulture)));
}
