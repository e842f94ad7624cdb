namespace Tarn.Lake;

/// <summary>The actions of the latest commits, so that a writer who is a few behind reads none of them again. Not safe for several threads.</summary>
internal sealed class RecentCommits
{
    private const int MostCommits = 128;
    private const int MostActions = 4_000;
    private readonly Queue<LogCommit> _commits = [];
    private int _actions;

    public void Add(long version, long timestamp, List<DeltaAction> actions)
    {
        _commits.Enqueue(new LogCommit(version, timestamp, actions));
        _actions += actions.Count;
        while (_commits.Count > MostCommits || _actions > MostActions)
        {
            _actions -= _commits.Dequeue().Actions.Count;
        }
    }

    /// <summary>The commit, or null where it is not kept.</summary>
    public LogCommit? Find(long version) =>
        _commits.TryPeek(out var first) && version >= first.Version && _commits.ElementAtOrDefault((int)Math.Min(version - first.Version, int.MaxValue)) is { } commit && commit.Version == version ? commit : null;

    public void Clear()
    {
        _commits.Clear();
        _actions = 0;
    }
}
