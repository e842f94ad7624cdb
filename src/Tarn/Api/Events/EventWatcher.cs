namespace Tarn;

/// <summary>An event on its way to a watcher.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Key">Events of one kind and key replace each other while they wait: only the newest matters. Null for those that all matter.</param>
/// <param name="Data">JSON in one line.</param>
internal sealed record ServerEvent(string Type, string? Key, string Data);

/// <summary>One who watches: a bounded queue that never makes the sender wait.</summary>
internal sealed class EventWatcher(IReadOnlySet<string> types, Action<EventWatcher> end) : IDisposable
{
    /// <summary>How many events may wait.</summary>
    public const int Capacity = 1024;

    /// <summary>The kind of event that says: events were lost, look at everything anew.</summary>
    public const string Resync = "resync";

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private readonly List<ServerEvent> _waiting = [];
    private readonly Dictionary<(string, string), int> _places = [];
    private bool _overflowed;

    /// <summary>Whether events of a kind are wanted.</summary>
    public bool Wants(string type) => types.Count == 0 || types.Contains(type);

    /// <summary>Takes an event in, or, where too many wait, drops all of them: the watcher is told to start anew.</summary>
    public void Offer(ServerEvent sent)
    {
        if (!Wants(sent.Type))
        {
            return;
        }

        lock (_gate)
        {
            if (_overflowed)
            {
                return;
            }

            if (sent.Key is { } key && _places.TryGetValue((sent.Type, key), out var place))
            {
                _waiting[place] = sent;
                return;
            }

            if (_waiting.Count == Capacity)
            {
                _waiting.Clear();
                _places.Clear();
                _overflowed = true;
            }
            else
            {
                if (sent.Key is not null)
                {
                    _places[(sent.Type, sent.Key)] = _waiting.Count;
                }

                _waiting.Add(sent);
            }

            if (_arrived.CurrentCount == 0)
            {
                _arrived.Release();
            }
        }
    }

    /// <summary>Takes what waits, once something does; empty where the time is up before.</summary>
    public async Task<IReadOnlyList<ServerEvent>> TakeAsync(TimeSpan longest, CancellationToken cancellation)
    {
        if (!await _arrived.WaitAsync(longest, cancellation).ConfigureAwait(false))
        {
            return [];
        }

        lock (_gate)
        {
            if (_overflowed)
            {
                _overflowed = false;
                return [new ServerEvent(Resync, null, "{}")];
            }

            ServerEvent[] taken = [.. _waiting];
            _waiting.Clear();
            _places.Clear();
            return taken;
        }
    }

    public void Dispose()
    {
        end(this);
        _arrived.Dispose();
    }
}
