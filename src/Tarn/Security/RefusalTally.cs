namespace Tarn;

/// <summary>
/// Counts refused requests for the audit log, equal ones together and a few kinds at a time, so that whoever is refused very often fills no disk: what is more than that is counted in one sum.
/// </summary>
internal sealed class RefusalTally(SecurityJournal journal)
{
    private const int MostKinds = 32;
    private const string Others = "others";

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Remote, string Who, int Status), AuditEntry> _counted = [];

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _counted.Count == 0;
            }
        }
    }

    /// <summary>Counts one.</summary>
    public void Count(AuditEntry entry)
    {
        lock (_gate)
        {
            var key = (entry.Remote, entry.Who, entry.Status);
            if (_counted.Count >= MostKinds && !_counted.ContainsKey(key))
            {
                key = (Others, "", 0);
                entry = entry with { Remote = Others, Who = "", WhoName = "", Via = "", Path = "", Method = "", Detail = "Refused requests of further callers." };
            }

            _counted[key] = _counted.TryGetValue(key, out var before) ? before with { Times = before.Times + 1, Until = entry.Until } : entry;
        }

        journal.Wake();
    }

    /// <summary>Takes what was counted.</summary>
    public IReadOnlyList<AuditEntry> Take()
    {
        lock (_gate)
        {
            AuditEntry[] taken = [.. _counted.Values];
            _counted.Clear();
            return taken;
        }
    }
}
