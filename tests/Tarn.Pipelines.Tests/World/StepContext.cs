namespace Tarn.Pipelines.Tests;

/// <summary>
/// Runs asynchronous code on the test's own thread, one continuation at a time, in an order drawn from a seed: so that the same
/// seed gives the same interleaving, and the code can be abandoned between any two steps, as a killed process is.
/// </summary>
internal sealed class StepContext(int seed) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly Random _random = new(seed);
    private readonly object _gate = new();

    /// <summary>How many steps have been made.</summary>
    public long Steps { get; private set; }

    /// <summary>At this step the process dies; null for never.</summary>
    public long? DiesAt { get; set; }

    public bool Dead { get; private set; }

    /// <summary>Waits a while for a step that can be made; false where none has come. What runs elsewhere, such as a server's answer, makes one.</summary>
    public bool WaitForStep(TimeSpan atMost)
    {
        lock (_gate)
        {
            return !Dead && (_ready.Count > 0 || (Monitor.Wait(_gate, atMost) && _ready.Count > 0));
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate)
        {
            if (!Dead)
            {
                _ready.Add((d, state));
                Monitor.Pulse(_gate);
            }
        }
    }

    public override SynchronizationContext CreateCopy() => this;

    public void Die()
    {
        lock (_gate)
        {
            Dead = true;
            _ready.Clear();
        }
    }

    /// <summary>Makes one step; false where there is none to make.</summary>
    public bool Step()
    {
        (SendOrPostCallback Callback, object? State) next;
        lock (_gate)
        {
            if (Dead || _ready.Count == 0)
            {
                return false;
            }

            var index = _random.Next(_ready.Count);
            next = _ready[index];
            _ready.RemoveAt(index);
        }

        Steps++;
        Within(() => next.Callback(next.State));
        if (Steps >= DiesAt)
        {
            Die();
        }

        return true;
    }

    /// <summary>Calls code as a part of this world.</summary>
    public void Within(Action action)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
