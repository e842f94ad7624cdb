using System.Data.Common;
using System.Text.Json;
using Dapper;

namespace Tarn.Core;

/// <summary>
/// Where alerts are written, in the transaction of the state that they tell of: what is rolled back is never told, and what is committed is told, even
/// if the process ends in between. Safe for use from several threads.
/// </summary>
public sealed class AlertOutbox
{
    /// <summary>The store's signal, with a channel's name, that something was added for it.</summary>
    internal const string Signal = "alerts";

    private const int MostFields = 50;

    private readonly TimeProvider _time;
    private readonly IdSource _ids;

    /// <summary>An outbox over a store; <see cref="MigrateAsync"/> comes before its first use.</summary>
    /// <param name="store">Where alerts are kept.</param>
    /// <param name="channels">The channels that there are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where the alerts' ids come from.</param>
    public AlertOutbox(MetadataStore store, AlertChannels channels, TimeProvider time, IdSource ids)
    {
        Store = store;
        Channels = channels;
        _time = time;
        _ids = ids;
    }

    /// <summary>The channels that there are, and which of them are the default.</summary>
    public AlertChannels Channels { get; }

    internal MetadataStore Store { get; }

    /// <summary>Makes the tables, or brings them to their newest form.</summary>
    public Task MigrateAsync(CancellationToken cancellation = default) => Store.MigrateAsync(AlertTables.Component, AlertTables.Scripts, cancellation);

    /// <summary>
    /// Adds an alert, inside of a write to the metadata store. It is delivered after the commit, beside the caller: nothing that a channel does comes back
    /// here. A channel that there is not is kept with the alert as undelivered, and does not fail the write.
    /// </summary>
    /// <param name="connection">The write's connection.</param>
    /// <param name="transaction">The write's transaction.</param>
    /// <param name="alert">The alert. Channels' secrets that stand in it are masked.</param>
    /// <param name="channels">The names of the channels; empty for the default ones.</param>
    /// <returns>The alert's id.</returns>
    public async Task<string> AddAsync(DbConnection connection, DbTransaction transaction, Alert alert, IReadOnlyList<string> channels)
    {
        var id = _ids.NewId();
        var now = Instant.ToMicroseconds(_time.GetUtcNow());
        string Clean(string text, int most) => AlertText.Shorten(Channels.Hide(text), most);
        var group = alert.GroupKey is { } key ? Clean(key, 500) : null;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in alert.Fields.Take(MostFields))
        {
            fields[Clean(name, 64)] = Clean(value, 4000);
        }

        if (Channels.ConsoleUrl is { } console && alert.Fields.TryGetValue(AlertFields.Run, out var run))
        {
            fields.TryAdd(AlertFields.Link, new Uri(console, $"{console.AbsolutePath.TrimEnd('/')}/runs/{Uri.EscapeDataString(run)}").AbsoluteUri);
        }

        await connection.ExecuteAsync(
            """
            INSERT INTO alert(id, kind, severity, subject, title, body, fields, group_key, occurred_at, recorded_at)
            VALUES (@id, @kind, @severity, @subject, @title, @body, @fields, @group, @occurred, @now)
            """,
            new
            {
                id,
                kind = alert.Kind,
                severity = AlertText.Name(alert.Severity),
                subject = Clean(alert.Subject, 200),
                title = Clean(alert.Title ?? AlertKinds.TitleOf(alert.Kind, alert.Subject), 500),
                body = Clean(alert.Text, 10_000),
                fields = JsonSerializer.Serialize(fields, AlertJson.Plain.DictionaryStringString),
                group,
                occurred = Instant.ToMicroseconds(alert.OccurredAt),
                now,
            },
            transaction);
        foreach (var name in (channels.Count > 0 ? channels : Channels.Default).Distinct(StringComparer.Ordinal))
        {
            await AddDeliveryAsync(connection, transaction, id, group, name, now);
        }

        return id;
    }

    private async Task AddDeliveryAsync(DbConnection connection, DbTransaction transaction, string id, string? group, string name, long now)
    {
        var channel = Channels.Find(name);
        var window = group is null || channel is null ? 0 : channel.Options.GroupWindow.Ticks / TimeSpan.TicksPerMicrosecond;
        await connection.ExecuteAsync(
            """
            INSERT INTO alert_delivery(alert, channel, state, group_key, recorded_at, due_at, ended_at, error)
            VALUES (@id, @name, @state, @group, @now, @due, @ended, @error)
            """,
            new
            {
                id,
                name = Channels.Hide(name),
                state = channel is null ? AlertTables.Undelivered : AlertTables.Waiting,
                group = window > 0 ? group : null,
                now,
                due = now + window,
                ended = channel is null ? now : (long?)null,
                error = channel is null ? "There is no channel of that name." : null,
            },
            transaction);
        if (channel is not null)
        {
            await Store.SignalAsync(connection, transaction, Signal, name);
        }
    }
}
