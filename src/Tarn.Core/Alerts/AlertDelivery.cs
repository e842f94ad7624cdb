using Dapper;
using Microsoft.Extensions.Logging;

namespace Tarn.Core;

/// <summary>
/// Sends the alerts of an <see cref="AlertOutbox"/> to their channels, each at least once. Each channel has a queue and a loop of its own, so that one that is
/// slow or dead holds up no other, and never who adds an alert. Of several processes on one store one at a time sends to a channel.
/// </summary>
public sealed partial class AlertDelivery
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(1);

    private readonly AlertOutbox _outbox;
    private readonly AlertDeliveryOptions _options;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILogger _logger;
    private readonly Dictionary<string, ChannelQueue> _queues;

    /// <summary>A delivery; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="outbox">Where the alerts are.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where this process' own name and the ids of test alerts come from.</param>
    /// <param name="loggers">Where failures are told, without secrets.</param>
    /// <exception cref="TarnException">Settings break their rules; it names all that do.</exception>
    public AlertDelivery(AlertOutbox outbox, AlertDeliveryOptions options, TimeProvider time, IdSource ids, ILoggerFactory loggers)
    {
        var errors = options.Errors().Concat(outbox.Channels.All.Select(c => options.WindowRuleBrokenBy(c.Options.GroupWindow) is { } rule ? $"{c.Name}: {rule}" : null).OfType<string>());
        if (string.Join(' ', errors) is { Length: > 0 } broken)
        {
            throw TarnException.InvalidInput("The settings of alerts keep their rules.", broken, "Correct them under Alerts, or in the code that makes the channel.");
        }

        _outbox = outbox;
        _options = options;
        _time = time;
        _ids = ids;
        _logger = loggers.CreateLogger<AlertDelivery>();
        var claimant = ids.NewId();
        _queues = outbox.Channels.All.ToDictionary(static c => c.Name, c => new ChannelQueue(outbox, c, options, claimant, time, _logger), StringComparer.Ordinal);
    }

    /// <summary>Delivers until it is stopped; then messages under way are broken off and left for the next start.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var listening = _outbox.Store.Listen(AlertOutbox.Signal, Wake);
        await Task.WhenAll(_queues.Values.Select(q => q.RunAsync(stop)).Append(SweepLoopAsync(stop)));
    }

    /// <summary>Sends a test alert by a channel, past its queue, and says how it went. It is not kept.</summary>
    /// <exception cref="TarnException">There is no channel of that name.</exception>
    public Task<AlertSendResult> TestAsync(string channel, CancellationToken cancellation = default)
    {
        var to = _outbox.Channels.Get(channel);
        var alert = new Alert
        {
            Kind = AlertKinds.Test,
            Severity = AlertSeverity.Info,
            Subject = to.Name,
            Title = AlertKinds.TitleOf(AlertKinds.Test, to.Name),
            Text = "Alerts arrive here.",
            OccurredAt = _time.GetUtcNow(),
        };
        return to.SendAsync(AlertComposer.Compose(to, _outbox.Channels.Wordings, [new RecordedAlert(_ids.NewId(), alert)]), _time, cancellation);
    }

    /// <summary>The queue of a channel: tests move it by hand.</summary>
    internal ChannelQueue QueueOf(string channel) => _queues[channel];

    /// <summary>Gives up what waits too long for channels that nobody has any more, and forgets what is old and waits for none.</summary>
    internal Task<int> SweepAsync(CancellationToken cancellation) => _outbox.Store.WriteAsync(
        async (connection, transaction) =>
        {
            var now = Instant.ToMicroseconds(_time.GetUtcNow());
            var names = string.Join(", ", _queues.Keys.Append("").Select(static n => $"'{n}'"));
            var lost = await connection.ExecuteAsync(
                $"UPDATE alert_delivery SET state = 'undelivered', ended_at = @now, error = 'There is no channel of that name any more.' WHERE state = 'waiting' AND recorded_at <= @before AND channel NOT IN ({names})",
                new { now, before = now - (_options.MaximumAge.Ticks / TimeSpan.TicksPerMicrosecond) },
                transaction);
            var old = new { before = now - (_options.Kept.Ticks / TimeSpan.TicksPerMicrosecond) };
            await connection.ExecuteAsync(
                """
                DELETE FROM alert_delivery WHERE alert IN (
                    SELECT a.id FROM alert a WHERE a.recorded_at <= @before AND NOT EXISTS (SELECT 1 FROM alert_delivery w WHERE w.alert = a.id AND w.state = 'waiting'))
                """,
                old,
                transaction);
            await connection.ExecuteAsync("DELETE FROM alert WHERE recorded_at <= @before AND NOT EXISTS (SELECT 1 FROM alert_delivery d WHERE d.alert = alert.id)", old, transaction);
            return lost;
        },
        cancellation: cancellation);

    // Null: signals may have been missed.
    private void Wake(string? channel)
    {
        foreach (var queue in _queues.Values)
        {
            if (channel is null || queue.Channel.Name == channel)
            {
                queue.Wake();
            }
        }
    }

    private async Task SweepLoopAsync(CancellationToken stop)
    {
        var never = new AlertSignal(_time);
        while (true)
        {
            try
            {
                if (await SweepAsync(stop) is > 0 and var lost)
                {
                    LogLost(_logger, lost);
                }
            }
            catch (TarnException error)
            {
                LogNotSwept(_logger, error.Message);
            }

            await never.WaitAsync(SweepEvery, stop);
        }
    }

    [LoggerMessage(1014, LogLevel.Error, "{Count} alert(s) for channels that are not configured any more were given up. They are kept as undelivered.")]
    private static partial void LogLost(ILogger logger, int count);

    [LoggerMessage(1015, LogLevel.Warning, "Old alerts could not be removed, and will be: {Reason}")]
    private static partial void LogNotSwept(ILogger logger, string reason);
}
