using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Tarn.Core;

/// <summary>Who listens in this process.</summary>
internal sealed partial class SignalHandlers(ILogger logger)
{
    private ImmutableList<Registration> _all = [];

    public IDisposable Add(string channel, Action<string?> handler)
    {
        var registration = new Registration(this, channel, handler);
        ImmutableInterlocked.Update(ref _all, static (all, added) => all.Add(added), registration);
        return registration;
    }

    public void Call(string channel, string payload)
    {
        foreach (var registration in _all)
        {
            if (registration.Channel == channel)
            {
                Call(registration, payload);
            }
        }
    }

    public void CallAll()
    {
        foreach (var registration in _all)
        {
            Call(registration, null);
        }
    }

    private void Call(Registration registration, string? payload)
    {
        try
        {
            registration.Handler(payload);
        }
        catch (Exception error)
        {
            // One handler's fault is not the next one's, nor that of the write that has taken effect.
            LogHandlerFailed(logger, registration.Channel, error);
        }
    }

    [LoggerMessage(1002, LogLevel.Error, "A handler of the metadata store's signals on {Channel} failed")]
    private static partial void LogHandlerFailed(ILogger logger, string channel, Exception error);

    private sealed class Registration(SignalHandlers owner, string channel, Action<string?> handler) : IDisposable
    {
        public string Channel => channel;

        public Action<string?> Handler => handler;

        public void Dispose() => ImmutableInterlocked.Update(ref owner._all, static (all, removed) => all.Remove(removed), this);
    }
}

/// <summary>What a signal may look like, the same for every store.</summary>
internal static class SignalRules
{
    private const int LongestChannel = 63;
    private const int LongestPayload = 7000;

    public static void Check(string channel, string payload)
    {
        if (channel.Length is 0 or > LongestChannel || channel.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789._-"))
        {
            throw TarnException.InvalidInput("A channel's name is 1 to 63 lower-case letters, digits, dots, underscores and dashes.", channel);
        }

        if (Encoding.UTF8.GetByteCount(payload) > LongestPayload || payload.Contains('\0', StringComparison.Ordinal))
        {
            throw TarnException.InvalidInput(
                $"A signal's payload is at most {LongestPayload} bytes of text without U+0000.",
                $"{payload.Length} characters on {channel}",
                "Keep what is longer in a table, and signal its key.");
        }
    }
}
