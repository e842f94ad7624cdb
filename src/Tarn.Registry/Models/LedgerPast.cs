namespace Tarn.Registry;

/// <summary>What an alias meant before, read out of its ledger.</summary>
internal static class LedgerPast
{
    /// <summary>
    /// The version to roll back to: each promotion puts its version on a pile, each rollback takes off what lies above the version that it went back to, and what lies below the current
    /// one and is still there is the answer.
    /// </summary>
    public static long? Before(IEnumerable<LedgerRow> entries, long current, IReadOnlySet<long> there)
    {
        var pile = new List<long>();
        foreach (var entry in entries)
        {
            switch (entry.Kind)
            {
                case "set":
                    pile.Add(entry.ToVersion!.Value);
                    break;
                case "rolled_back":
                    var at = pile.LastIndexOf(entry.ToVersion!.Value);
                    pile.RemoveRange(at + 1, pile.Count - at - 1);
                    break;
            }
        }

        for (var i = pile.LastIndexOf(current) - 1; i >= 0; i--)
        {
            if (pile[i] != current && there.Contains(pile[i]))
            {
                return pile[i];
            }
        }

        return null;
    }
}
