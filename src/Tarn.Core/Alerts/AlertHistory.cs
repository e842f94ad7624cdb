using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Tarn.Core;

/// <summary>What of alerts is kept: for people who look, not for the delivery.</summary>
public sealed class AlertHistory(AlertOutbox outbox)
{
    /// <summary>Alerts, newest first.</summary>
    /// <param name="before">The id of the alert after which to go on; null for the newest.</param>
    /// <param name="limit">The most; 1 to 1000.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    /// <exception cref="TarnException">There is no alert of that id, or the limit is out of its range.</exception>
    public Task<IReadOnlyList<AlertEntry>> ListAsync(string? before = null, int limit = 50, CancellationToken cancellation = default)
    {
        if (limit is < 1 or > 1000)
        {
            throw TarnException.InvalidInput("limit is 1 to 1000.", limit.ToString(CultureInfo.InvariantCulture));
        }

        return outbox.Store.ReadAsync(connection => ListAsync(connection, before, limit), cancellation);
    }

    /// <summary>Each configured channel with how it is doing.</summary>
    public Task<IReadOnlyList<AlertChannelStatus>> ChannelsAsync(CancellationToken cancellation = default) => outbox.Store.ReadAsync<IReadOnlyList<AlertChannelStatus>>(
        async connection =>
        {
            var known = (await connection.QueryAsync<ChannelRow>(
                "SELECT channel AS Channel, last_success_at AS LastSuccessAt, last_error_at AS LastErrorAt, last_error AS LastError, not_before AS NotBefore FROM alert_channel"))
                .ToDictionary(static r => r.Channel, StringComparer.Ordinal);
            var waiting = (await connection.QueryAsync<WaitingCount>("SELECT channel AS Channel, count(*) AS Waiting FROM alert_delivery WHERE state = 'waiting' GROUP BY channel"))
                .ToDictionary(static r => r.Channel, static r => r.Waiting, StringComparer.Ordinal);
            return [.. outbox.Channels.All.Select(channel =>
            {
                var row = known.GetValueOrDefault(channel.Name);
                return new AlertChannelStatus(
                    channel.Name,
                    channel.Type,
                    outbox.Channels.Default.Contains(channel.Name, StringComparer.Ordinal),
                    waiting.GetValueOrDefault(channel.Name),
                    At(row?.LastSuccessAt),
                    At(row?.LastErrorAt),
                    row?.LastError,
                    At(row?.NotBefore));
            })];
        },
        cancellation);

    private static async Task<IReadOnlyList<AlertEntry>> ListAsync(DbConnection connection, string? before, int limit)
    {
        var below = long.MaxValue;
        if (before is not null)
        {
            below = await connection.ExecuteScalarAsync<long?>("SELECT seq FROM alert WHERE id = @before", new { before })
                ?? throw TarnException.NotFound("There is no alert of that id.", before, "See the list of alerts.");
        }

        var alerts = (await connection.QueryAsync<AlertRow>(
            """
            SELECT seq AS Seq, id AS Id, kind AS Kind, severity AS Severity, subject AS Subject, title AS Title, body AS Body, fields AS Fields, group_key AS GroupKey, occurred_at AS OccurredAt
            FROM alert WHERE seq < @below ORDER BY seq DESC LIMIT @limit
            """,
            new { below, limit })).AsList();
        var deliveries = (await connection.QueryAsync<DeliveryRow>(
            """
            SELECT d.alert AS Alert, d.channel AS Channel, d.state AS State, d.attempts AS Attempts, d.due_at AS DueAt, d.ended_at AS EndedAt, d.error AS Error
            FROM alert_delivery d JOIN alert a ON a.id = d.alert WHERE a.seq < @below AND a.seq >= @last ORDER BY d.seq
            """,
            new { below, last = alerts.Count > 0 ? alerts[^1].Seq : below })).ToLookup(static d => d.Alert, StringComparer.Ordinal);
        return [.. alerts.Select(a => new AlertEntry(
            new WaitingRow { Id = a.Id, Kind = a.Kind, Severity = a.Severity, Subject = a.Subject, Title = a.Title, Body = a.Body, Fields = a.Fields, GroupKey = a.GroupKey, OccurredAt = a.OccurredAt }.ToAlert(),
            [.. deliveries[a.Id].Select(static d => new AlertDeliveryEntry(
                d.Channel, d.State, (int)d.Attempts, d.State == AlertTables.Waiting ? At(d.DueAt) : null, At(d.EndedAt), d.Error))]))];
    }

    private static DateTimeOffset? At(long? microseconds) => microseconds is { } at ? Instant.FromMicroseconds(at) : null;

    private sealed class AlertRow
    {
        public long Seq { get; set; }

        public string Id { get; set; } = "";

        public string Kind { get; set; } = "";

        public string Severity { get; set; } = "";

        public string Subject { get; set; } = "";

        public string Title { get; set; } = "";

        public string Body { get; set; } = "";

        public string Fields { get; set; } = "";

        public string? GroupKey { get; set; }

        public long OccurredAt { get; set; }
    }

    private sealed class DeliveryRow
    {
        public string Alert { get; set; } = "";

        public string Channel { get; set; } = "";

        public string State { get; set; } = "";

        public long Attempts { get; set; }

        public long DueAt { get; set; }

        public long? EndedAt { get; set; }

        public string? Error { get; set; }
    }

    private sealed class ChannelRow
    {
        public string Channel { get; set; } = "";

        public long? LastSuccessAt { get; set; }

        public long? LastErrorAt { get; set; }

        public string? LastError { get; set; }

        public long? NotBefore { get; set; }
    }

    private sealed class WaitingCount
    {
        public string Channel { get; set; } = "";

        public long Waiting { get; set; }
    }
}

/// <summary>An alert with what became of it.</summary>
/// <param name="Recorded">The alert.</param>
/// <param name="Deliveries">One for each channel.</param>
public sealed record AlertEntry(RecordedAlert Recorded, IReadOnlyList<AlertDeliveryEntry> Deliveries);

/// <summary>What became of an alert at one channel.</summary>
/// <param name="Channel">The channel's name.</param>
/// <param name="State"><c>waiting</c>, <c>sent</c>, or <c>undelivered</c>: given up.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="DueAt">Before when it is not sent, where it waits; the channel may have reasons of its own to wait longer.</param>
/// <param name="EndedAt">When it was sent or given up.</param>
/// <param name="Error">Why it was not sent, at the last time; no secrets.</param>
public sealed record AlertDeliveryEntry(string Channel, string State, int Attempts, DateTimeOffset? DueAt, DateTimeOffset? EndedAt, string? Error);

/// <summary>How a channel is doing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What kind of channel it is.</param>
/// <param name="IsDefault">Whether alerts that name no channel go there.</param>
/// <param name="Waiting">How many alerts wait for it.</param>
/// <param name="LastSuccessAt">When it last took a message; null: never.</param>
/// <param name="LastErrorAt">When it last did not; null: never.</param>
/// <param name="LastError">Why; no secrets.</param>
/// <param name="PausedUntil">Until when it is left alone after a failure; null where it is not.</param>
public sealed record AlertChannelStatus(
    string Name, string Type, bool IsDefault, long Waiting, DateTimeOffset? LastSuccessAt, DateTimeOffset? LastErrorAt, string? LastError, DateTimeOffset? PausedUntil);
