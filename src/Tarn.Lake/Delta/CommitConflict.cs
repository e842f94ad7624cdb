namespace Tarn.Lake;

/// <summary>Decides whether a commit still holds after others that came between its reading and its writing.</summary>
internal static class CommitConflict
{
    public static bool Exists(CommitPlan plan, IReadOnlyList<DeltaAction> between)
    {
        HashSet<string>? removes = null;
        foreach (var action in between)
        {
            switch (action)
            {
                case ProtocolAction or MetadataAction:
                    return true;
                case AddFile { DataChange: true } or RemoveFile { DataChange: true } when plan.Rule == ConflictRule.ReadAndRewrite:
                    return true;
                case RemoveFile remove when plan.Rule != ConflictRule.BlindAppend:
                    removes ??= [.. plan.Actions.OfType<RemoveFile>().Select(static r => r.Key)];
                    if (removes.Contains(remove.Key))
                    {
                        return true;
                    }

                    break;
            }
        }

        return false;
    }
}
