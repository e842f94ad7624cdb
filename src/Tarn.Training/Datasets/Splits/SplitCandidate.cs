namespace Tarn.Training;

/// <summary>An image that is to be placed, or is in its place already.</summary>
/// <param name="Sha256">The image.</param>
/// <param name="Label">Its class.</param>
/// <param name="Hash">What it looks like, or null.</param>
/// <param name="SourceGroup">What the source says belongs together, or null.</param>
/// <param name="GroupId">The group where it is in the dataset already; else null.</param>
/// <param name="Split">The split where it is in the dataset already, or the source says one; else null.</param>
internal sealed record SplitCandidate(string Sha256, string Label, ulong? Hash, string? SourceGroup, string? GroupId, DatasetSplit? Split)
{
    public bool IsStored => GroupId is not null;
}

/// <summary>Where a new image goes.</summary>
/// <param name="GroupId">Its group.</param>
/// <param name="Split">Its split; null where it looks like images of two splits, so that it can be in none.</param>
/// <param name="Near">An image that it looks like or belongs to, or null; of a leaking one, one of its splits.</param>
/// <param name="OtherNear">Of a leaking image, one of the other split.</param>
internal sealed record SplitPlace(string GroupId, DatasetSplit? Split, string? Near = null, string? OtherNear = null);

/// <summary>Places of all new images, and groups that became one.</summary>
/// <param name="Places">By the images' SHA-256.</param>
/// <param name="Renamed">Groups of the dataset that are part of another now: old to new.</param>
internal sealed record SplitPlan(IReadOnlyDictionary<string, SplitPlace> Places, IReadOnlyDictionary<string, string> Renamed);
