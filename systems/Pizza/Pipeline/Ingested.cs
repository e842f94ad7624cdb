namespace Pizza.Pipeline;

/// <summary>What images a run trains on: settled by its first task, the same for all that follow.</summary>
/// <param name="Origin">Where they come from.</param>
/// <param name="Description">The same in words.</param>
/// <param name="Table">The dataset's table.</param>
/// <param name="Version">Its version.</param>
/// <param name="Images">Images that came into the dataset or changed.</param>
/// <param name="Refused">Files that were kept out now.</param>
internal sealed record Ingested(OriginKind Origin, string Description, string Table, long Version, int Images, int Refused)
{
    /// <summary>Whether they were drawn.</summary>
    public bool IsSynthetic => Origin == OriginKind.Drawn;
}

/// <summary>Where images come from.</summary>
internal enum OriginKind
{
    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A table of the lake.</summary>
    Table,

    /// <summary>They are drawn by this program.</summary>
    Drawn,
}

/// <summary>How many images there are to learn from, to choose by and to judge by.</summary>
internal sealed record SplitCounts(int Train, int Validation, int Test);
