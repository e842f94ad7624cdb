namespace Tarn.Pipelines;

/// <summary>Data whose movement can run a pipeline.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
public sealed record DataSource(DataSourceKind Kind, string Name)
{
    /// <summary>A table of the lake, <c>layer.name</c>: it moves with each commit that changes data.</summary>
    public static DataSource Table(string name) => new(DataSourceKind.Table, name);

    /// <summary>A topic: it moves with each record.</summary>
    public static DataSource Topic(string name) => new(DataSourceKind.Topic, name);

    /// <inheritdoc/>
    public override string ToString() => $"{(Kind == DataSourceKind.Table ? "table" : "topic")} {Name}";
}

/// <summary>What a <see cref="DataSource"/> is.</summary>
public enum DataSourceKind
{
    /// <summary>A table of the lake.</summary>
    Table,

    /// <summary>A topic.</summary>
    Topic,
}

/// <summary>A table whose late rows repair a pipeline's past intervals.</summary>
/// <param name="Table">The table, <c>layer.name</c>.</param>
/// <param name="Horizon">How far back an interval may end.</param>
/// <param name="MaxActiveRuns">How many repairs run at a time.</param>
public sealed record RepairSource(string Table, TimeSpan Horizon, int MaxActiveRuns);

/// <summary>Events of a pipeline's runs that alerts tell.</summary>
[Flags]
public enum PipelineEvents
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A run failed.</summary>
    Failure = 1,

    /// <summary>An attempt failed, and is tried again.</summary>
    Retry = 2,

    /// <summary>A run had not succeeded in the time that <see cref="PipelineBuilder.Sla"/> gives it.</summary>
    SlaMissed = 4,

    /// <summary>A run succeeded that had failed before, or after one of its interval or an earlier one had; and none of a later interval is still failed.</summary>
    Recovered = 8,

    /// <summary>All of them.</summary>
    All = Failure | Retry | SlaMissed | Recovered,
}

/// <summary>Which events are told through which channels.</summary>
/// <param name="Events">The events.</param>
/// <param name="Channels">Names of alert channels; empty for the default ones.</param>
public sealed record AlertRule(PipelineEvents Events, IReadOnlyList<string> Channels)
{
    /// <summary>What pipelines without a rule do: failures, missed SLAs and recoveries, through the default channels.</summary>
    public static AlertRule Default { get; } = new(PipelineEvents.Failure | PipelineEvents.SlaMissed | PipelineEvents.Recovered, []);
}
