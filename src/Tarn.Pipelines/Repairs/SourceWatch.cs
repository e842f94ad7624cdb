using System.Collections.Concurrent;
using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Pipelines;

/// <summary>
/// When a source is looked at: at once after a commit or an append of this process, which tell of themselves, and again and again for those of others.
/// </summary>
internal sealed class SourceWatch : IDisposable
{
    private readonly SourceReader _reader;
    private readonly TimeProvider _time;
    private readonly TimeSpan _poll;
    private readonly Action _wake;
    private readonly Dictionary<DataSource, long> _looked = [];
    private readonly ConcurrentDictionary<DataSource, bool> _moved = new();
    private readonly HashSet<DataSource> _sources;

    /// <summary>Begins to listen.</summary>
    /// <param name="reader">Where the sources are.</param>
    /// <param name="sources">What is watched.</param>
    /// <param name="poll">How often others' commits are looked for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="wake">Called when something moved in this process, on any thread.</param>
    public SourceWatch(SourceReader reader, IEnumerable<DataSource> sources, TimeSpan poll, TimeProvider time, Action wake)
    {
        _reader = reader;
        _time = time;
        _poll = poll;
        _wake = wake;
        _sources = [.. sources];
        if (reader.Lake is { } lake)
        {
            lake.Committed += OnCommitted;
        }

        if (reader.Topics is { } topics)
        {
            topics.Appended += OnAppended;
        }
    }

    /// <summary>Whether a source is to be looked at now.</summary>
    public bool IsDue(DataSource source) => _moved.ContainsKey(source) || Until(source) <= TimeSpan.Zero;

    /// <summary>Notes that a source is about to be looked at: what moves from now on is a movement of its own.</summary>
    public void Look(DataSource source)
    {
        _moved.TryRemove(source, out _);
        _looked[source] = _time.GetTimestamp();
    }

    /// <summary>Notes that a look failed, or that there may be more to see: the source is looked at again in the next turn.</summary>
    public void LookAgain(DataSource source) => _moved[source] = true;

    /// <summary>How long it is until the next look.</summary>
    public TimeSpan Pause(IEnumerable<DataSource> sources)
    {
        var pause = _poll;
        foreach (var source in sources)
        {
            var until = Until(source);
            pause = until < pause ? until : pause;
        }

        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause;
    }

    public void Dispose()
    {
        if (_reader.Lake is { } lake)
        {
            lake.Committed -= OnCommitted;
        }

        if (_reader.Topics is { } topics)
        {
            topics.Appended -= OnAppended;
        }
    }

    private TimeSpan Until(DataSource source) =>
        _looked.TryGetValue(source, out var looked) ? _poll - _time.GetElapsedTime(looked) : TimeSpan.Zero;

    private void OnCommitted(TableCommitted committed) => Move(DataSource.Table(committed.Table));

    private void OnAppended(TopicAppended appended) => Move(DataSource.Topic(appended.Topic));

    private void Move(DataSource source)
    {
        if (_sources.Contains(source) && _moved.TryAdd(source, true))
        {
            _wake();
        }
    }
}
