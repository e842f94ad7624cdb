namespace Tarn;

/// <summary>How much a notice matters.</summary>
public enum NoticeLevel
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>Something is not as asked.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Error,
}

/// <summary>Something that the person who runs the program should know: shown at start, in the status and in the console.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Text">A sentence or two for a person.</param>
/// <param name="Since">Since when it holds.</param>
public sealed record Notice(NoticeLevel Level, string Text, DateTimeOffset Since);

/// <summary>The notices that hold at the moment, one per key. Safe for use from several threads.</summary>
public sealed class Notices
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Notice> _notices = new(StringComparer.Ordinal);

    internal Notices(TimeProvider time) => _time = time;

    /// <summary>Raised after the notices changed.</summary>
    public event Action? Changed;

    /// <summary>The notices that hold, gravest first.</summary>
    public IReadOnlyList<Notice> Current
    {
        get
        {
            lock (_gate)
            {
                return [.. _notices.Values.OrderByDescending(static n => n.Level).ThenBy(static n => n.Since)];
            }
        }
    }

    /// <summary>Says something, or says it anew: a notice of the same key is replaced, and keeps its time where level and text are the same.</summary>
    /// <param name="key">What the notice is about, as in <c>quakes.feed</c>.</param>
    /// <param name="level">How much it matters.</param>
    /// <param name="text">A sentence or two for a person.</param>
    public void Set(string key, NoticeLevel level, string text)
    {
        lock (_gate)
        {
            if (_notices.TryGetValue(key, out var old) && old.Level == level && old.Text == text)
            {
                return;
            }

            _notices[key] = new Notice(level, text, _time.GetUtcNow());
        }

        Changed?.Invoke();
    }

    /// <summary>Takes a notice back; nothing happens where there is none of that key.</summary>
    public void Clear(string key)
    {
        bool removed;
        lock (_gate)
        {
            removed = _notices.Remove(key);
        }

        if (removed)
        {
            Changed?.Invoke();
        }
    }
}
