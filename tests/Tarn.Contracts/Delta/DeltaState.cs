namespace Tarn.Contracts;

/// <summary>A table's state at a version: what the reconciliation of all actions up to it leaves.</summary>
internal sealed class DeltaState
{
    public long Version { get; set; } = -1;

    public LoggedAction? Protocol { get; private set; }

    public DeltaMetadata? Metadata { get; private set; }

    public Dictionary<LogicalFile, LoggedAction> Files { get; private init; } = [];

    public Dictionary<LogicalFile, LoggedAction> Tombstones { get; private init; } = [];

    public Dictionary<string, LoggedAction> Transactions { get; private init; } = [];

    /// <summary>Without those that were removed.</summary>
    public Dictionary<string, LoggedAction> Domains { get; private init; } = [];

    /// <summary>The deletion vector of each path that is in the table.</summary>
    public Dictionary<string, LogicalFile> ByPath { get; private init; } = [];

    public IReadOnlyList<string> ReaderFeatures => Protocol?.Texts("readerFeatures") ?? [];

    public IReadOnlyList<string> WriterFeatures => Protocol?.Texts("writerFeatures") ?? [];

    /// <summary>Whether a feature is supported, by its name in the lists or by the versions before them.</summary>
    public bool Supports(string feature) => DeltaFeatures.IsSupported(Protocol, feature);

    public DeltaState Copy() => new()
    {
        Version = Version,
        Protocol = Protocol,
        Metadata = Metadata,
        Files = new(Files),
        Tombstones = new(Tombstones),
        Transactions = new(Transactions),
        Domains = new(Domains),
        ByPath = new(ByPath),
    };

    /// <summary>Applies one commit's actions, in any order: removals first, so that a file which is removed and added again is there.</summary>
    /// <exception cref="FormatException">The metadata's schema cannot be read.</exception>
    public void Apply(long version, IEnumerable<LoggedAction> actions)
    {
        foreach (var action in actions.OrderBy(static a => a.Name == "remove" ? 0 : 1))
        {
            Apply(action);
        }

        Version = version;
    }

    private void Apply(LoggedAction action)
    {
        switch (action.Name)
        {
            case "protocol":
                Protocol = action;
                break;
            case "metaData":
                Metadata = new DeltaMetadata(action);
                break;
            case "add":
                Tombstones.Remove(action.File);
                Files[action.File] = action;
                ByPath[action.File.Path] = action.File;
                break;
            case "remove":
                if (Files.Remove(action.File))
                {
                    ByPath.Remove(action.File.Path);
                }

                Tombstones[action.File] = action;
                break;
            case "txn" when action.Text("appId") is { } app:
                Transactions[app] = action;
                break;
            case "domainMetadata" when action.Text("domain") is { } domain:
                if (action.Flag("removed") == true)
                {
                    Domains.Remove(domain);
                }
                else
                {
                    Domains[domain] = action;
                }

                break;
        }
    }
}
