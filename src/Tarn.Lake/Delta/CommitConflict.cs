namespace Tarn.Lake;

/// <summary>
/// Decides whether a commit still holds after another that came between its reading and its writing (protocol, "Requirements for Writers"; Delta's isolation
/// levels WriteSerializable and Serializable).
/// </summary>
internal sealed class CommitConflict
{
    private const string IsolationLevel = "delta.isolationLevel";

    private readonly CommitPlan _plan;
    private readonly LogState _basis;
    private readonly HashSet<string> _removes;
    private readonly HashSet<string> _applications;
    private readonly HashSet<string> _domains;
    private readonly bool _mayPassBlindAppends;

    /// <param name="plan">The commit.</param>
    /// <param name="basis">The version that its maker read.</param>
    public CommitConflict(CommitPlan plan, LogState basis)
    {
        _plan = plan;
        _basis = basis;
        _removes = [.. plan.Actions.OfType<RemoveFile>().Select(static r => r.Key)];
        _domains = [.. plan.Actions.OfType<DomainMetadataAction>().Select(static d => d.Domain)];
        _applications = [.. plan.Transactions.Select(static t => t.AppId)];
        _mayPassBlindAppends = plan.AllowsBlindAppends && !plan.Actions.Any(static a => a is MetadataAction or ProtocolAction)
            && !string.Equals(basis.Metadata?.Configuration.GetValueOrDefault(IsolationLevel), "Serializable", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether the commit cannot go along with what another one did in between.</summary>
    public bool With(IReadOnlyList<DeltaAction> between)
    {
        var passesAdds = _plan.Rule != ConflictRule.ReadAndRewrite || (_mayPassBlindAppends && IsBlindAppend(between));
        foreach (var action in between)
        {
            var conflicts = action switch
            {
                ProtocolAction or MetadataAction => true,
                AddFile { DataChange: true } add => !passesAdds && _plan.Reads.Covers(add),
                RemoveFile remove => _removes.Contains(remove.Key) || (remove.DataChange && _plan.Rule == ConflictRule.ReadAndRewrite && HasRead(remove)),
                TransactionAction transaction => _applications.Contains(transaction.AppId),
                DomainMetadataAction domain => _domains.Contains(domain.Domain),
                _ => false,
            };
            if (conflicts)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A file that the maker did not see was added after its reading, and counted as an addition then.</summary>
    private bool HasRead(RemoveFile remove) => _basis.Files.TryGetValue(remove.Key, out var file) && _plan.Reads.Covers(file.Action);

    private static bool IsBlindAppend(IReadOnlyList<DeltaAction> commit) =>
        commit.OfType<CommitInfoAction>().FirstOrDefault()?.IsBlindAppend == true && !commit.Any(static a => a is RemoveFile);
}
