namespace Tarn.Training;

/// <summary>What an import did.</summary>
/// <param name="Table">The dataset's table.</param>
/// <param name="Version">Its version after the import: what a training run names.</param>
public sealed record DatasetImport(string Table, long Version)
{
    /// <summary>Files that the source gave.</summary>
    public int Seen { get; init; }

    /// <summary>Images that came into the dataset.</summary>
    public int Added { get; init; }

    /// <summary>Images that were in the dataset already, as they are.</summary>
    public int Unchanged { get; init; }

    /// <summary>Images of the dataset whose class, place or group changed. None moved to another split.</summary>
    public int Updated { get; init; }

    /// <summary>Images that went, because another image has their place now. They are in quarantine, and in older versions.</summary>
    public int Replaced { get; init; }

    /// <summary>What the source wanted of images that are in the dataset already, and did not get.</summary>
    public IReadOnlyList<ImageFinding> Told { get; init; } = [];

    /// <summary>What kept files out of the dataset, by file. All of them are in quarantine.</summary>
    public IReadOnlyList<ImageFinding> Refused { get; init; } = [];
}
