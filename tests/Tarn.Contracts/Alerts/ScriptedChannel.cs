using Tarn.Core;

namespace Tarn.Contracts;

/// <summary>A channel that keeps its messages, and answers as it is told.</summary>
public sealed class ScriptedChannel(string name, AlertChannelOptions? options = null) : AlertChannel(name, options, ["the-secret-of-the-channel"])
{
    private readonly Lock _gate = new();
    private readonly List<AlertMessage> _messages = [];

    public override string Type => "scripted";

    /// <summary>What it answers to a message; default that it took it.</summary>
    public Func<AlertMessage, CancellationToken, Task<AlertSendResult>> Answer { get; set; } = static (_, _) => Task.FromResult(AlertSendResult.Sent);

    /// <summary>The messages that it was given, taken or not.</summary>
    public IReadOnlyList<AlertMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    public void Fails(string error = "down", TimeSpan? retryAfter = null) => Answer = (_, _) => Task.FromResult(AlertSendResult.Failed(error, retryAfter));

    public void Works() => Answer = static (_, _) => Task.FromResult(AlertSendResult.Sent);

    protected override Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _messages.Add(message);
        }

        return Answer(message, cancellation);
    }
}
