namespace Tarn.Pipelines;

/// <summary>Which runs to list; what is null does not restrict. Runs are listed newest first.</summary>
public sealed record RunFilter
{
    /// <summary>Only runs of this pipeline.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Only runs in this state.</summary>
    public RunState? State { get; init; }

    /// <summary>Only runs made for this reason.</summary>
    public RunTrigger? Trigger { get; init; }

    /// <summary>Only runs that the backfill of this id made.</summary>
    public string? Backfill { get; init; }

    /// <summary>Only runs made before the run of this id: the last id of one page gives the next page.</summary>
    public string? Before { get; init; }

    /// <summary>At most so many; 1 to 1,000, default 50.</summary>
    public int Limit { get; init; } = 50;
}
