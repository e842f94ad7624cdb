using Microsoft.Extensions.Logging;

namespace Tarn.Core;

/// <summary>Delivers one channel's alerts, one message after another; it waits for nobody but its own receiver.</summary>
internal sealed partial class ChannelQueue(AlertOutbox outbox, AlertChannel channel, AlertDeliveryOptions options, string claimant, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromDays(1);

    private readonly ChannelWrites _writes = new(channel, options, claimant);
    private readonly AlertSignal _signal = new(time);
    private readonly Random _random = new(unchecked(options.JitterSeed * 397) ^ (int)channel.Name.Aggregate(2166136261u, static (hash, c) => (hash ^ c) * 16777619u));
    private ChannelOutcome? _outcome;
    private long? _pause;
    private int _failures;

    public AlertChannel Channel => channel;

    public void Wake() => _signal.Set();

    /// <summary>Delivers until it is stopped. A store that cannot be written is waited for.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            TimeSpan? rest;
            try
            {
                rest = await RunDueAsync(stop);
            }
            catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                // Whatever goes wrong, the alerts are still in the store: it is told, and tried again.
                LogBroken(logger, channel.Name, channel.Hide(error.Message));
                rest = StorePause;
            }

            await _signal.WaitAsync(Shorter(rest, LongestRest), stop);
        }
    }

    /// <summary>Sends what is due now, and says after how long there may be more; null where nothing waits.</summary>
    public async Task<TimeSpan?> RunDueAsync(CancellationToken stop)
    {
        while (true)
        {
            // What was sent is written down first, also when it is time to stop: it would be sent again.
            var token = _outcome is null ? stop : CancellationToken.None;
            token.ThrowIfCancellationRequested();
            var now = Instant.ToMicroseconds(time.GetUtcNow());
            var turn = await outbox.Store.WriteAsync((connection, transaction) => _writes.TurnAsync(connection, transaction, _outcome, _pause, now), cancellation: token);
            _outcome = null;
            if (turn.GivenUp > 0)
            {
                LogGivenUp(logger, turn.GivenUp, channel.Name, options.MaximumAge);
            }

            if (turn.Send.Count == 0)
            {
                return turn.WakeAt is { } at ? TimeSpan.FromMicroseconds(Math.Max(0, at - now)) : null;
            }

            await SendAsync(turn.Send, stop);
        }
    }

    private async Task SendAsync(IReadOnlyList<WaitingRow> rows, CancellationToken stop)
    {
        var seqs = rows.Select(static r => r.Seq).ToList();
        AlertSendResult result;
        try
        {
            var message = AlertComposer.Compose(channel, outbox.Channels.Wordings, [.. rows.Select(static r => r.ToAlert())]);
            result = await channel.SendAsync(message, time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await outbox.Store.WriteAsync(
                async (connection, transaction) =>
                {
                    await _writes.AbandonAsync((connection, transaction), seqs);
                    return 0;
                },
                cancellation: CancellationToken.None);
            throw;
        }

        var at = Instant.ToMicroseconds(time.GetUtcNow());
        _pause = at + ((Pause(result).Ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond);
        _outcome = new ChannelOutcome(seqs, result, at);
        if (result.IsSent)
        {
            LogSent(logger, rows.Count, channel.Name);
            if (result.Note is { } note)
            {
                LogInPart(logger, rows.Count, channel.Name, note);
            }
        }
        else
        {
            LogFailed(logger, rows.Count, channel.Name, result.Error!);
        }
    }

    private TimeSpan Pause(AlertSendResult result)
    {
        if (result.IsSent || result.IsRefused)
        {
            _failures = 0;
            return options.LongestDelay;
        }

        var doubled = options.FirstDelay * Math.Pow(2, Math.Min(_failures++, 40));
        var delay = (doubled < options.LongestDelay ? doubled : options.LongestDelay) * (1 - (_random.NextDouble() / 2));
        var asked = result.RetryAfter is { } after ? Shorter(after, options.MaximumAge) : TimeSpan.Zero;
        return asked > delay ? asked : delay;
    }

    private static TimeSpan Shorter(TimeSpan? one, TimeSpan other) => one is { } time && time < other ? time : other;

    [LoggerMessage(1010, LogLevel.Debug, "{Count} alert(s) were sent to {Channel}.")]
    private static partial void LogSent(ILogger logger, int count, string channel);

    [LoggerMessage(1016, LogLevel.Warning, "{Count} alert(s) were sent to {Channel}, though not to all for whom they are: {Reason}")]
    private static partial void LogInPart(ILogger logger, int count, string channel, string reason);

    [LoggerMessage(1011, LogLevel.Warning, "{Count} alert(s) could not be sent to {Channel}, and are tried again: {Reason}")]
    private static partial void LogFailed(ILogger logger, int count, string channel, string reason);

    [LoggerMessage(1012, LogLevel.Error, "{Count} alert(s) for {Channel} were given up: they could not be delivered within {MaximumAge}. They are kept as undelivered.")]
    private static partial void LogGivenUp(ILogger logger, int count, string channel, TimeSpan maximumAge);

    [LoggerMessage(1013, LogLevel.Error, "The alerts of {Channel} cannot be looked after at the moment, and will be: {Reason}")]
    private static partial void LogBroken(ILogger logger, string channel, string reason);
}
