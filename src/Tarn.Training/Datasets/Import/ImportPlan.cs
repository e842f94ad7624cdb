namespace Tarn.Training;

/// <summary>What an import does to the dataset's table and to its quarantine.</summary>
internal sealed record ImportPlan
{
    /// <summary>Rows that come.</summary>
    public required IReadOnlyList<DatasetImage> Added { get; init; }

    /// <summary>Rows that get another class, place or group.</summary>
    public required IReadOnlyList<DatasetImage> Updated { get; init; }

    /// <summary>Rows that go.</summary>
    public required IReadOnlyList<DatasetImage> Replaced { get; init; }

    /// <summary>Images that were there already, as they are.</summary>
    public required int Unchanged { get; init; }

    /// <summary>What is kept out, with the file that it concerns.</summary>
    public required IReadOnlyList<(ImageFinding Finding, string? Root)> Refused { get; init; }

    /// <summary>What is only told.</summary>
    public required IReadOnlyList<ImageFinding> Told { get; init; }

    public bool ChangesRows => Added.Count + Updated.Count + Replaced.Count > 0;
}
