namespace Tarn.Contracts;

/// <summary>How a receiver of alerts behaves.</summary>
public enum ReceiverMood
{
    /// <summary>It takes what comes.</summary>
    Takes,

    /// <summary>It says that it will never take this.</summary>
    Refuses,

    /// <summary>It says that it has too much to do.</summary>
    Busy,

    /// <summary>It says that it is broken.</summary>
    Broken,

    /// <summary>It accepts the connection and says nothing.</summary>
    Hangs,

    /// <summary>It says what nobody understands.</summary>
    Babbles,
}

/// <summary>The far end of an alert channel, at a real socket of this machine.</summary>
public abstract class AlertReceiver : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _taken = [];
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How it behaves.</summary>
    public volatile ReceiverMood Mood;

    /// <summary>What it takes is checked by this first; throws where a rule of the real receiver is broken.</summary>
    public Action<string>? Check { get; set; }

    /// <summary>Whether an answer that is no success repeats what came, as careless receivers do.</summary>
    public bool Echoes { get; set; }

    /// <summary>What it took, as it came.</summary>
    public IReadOnlyList<string> Taken
    {
        get
        {
            lock (_gate)
            {
                return [.. _taken];
            }
        }
    }

    /// <summary>Where it listens.</summary>
    public abstract int Port { get; }

    /// <summary>Ends when somebody came since the last call.</summary>
    public async Task ArrivedAsync()
    {
        await _arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Somebody came.</summary>
    protected void Arrive() => _arrived.TrySetResult();

    /// <summary>Takes a message.</summary>
    protected void Take(string message)
    {
        Check?.Invoke(message);
        lock (_gate)
        {
            _taken.Add(message);
        }
    }
}
