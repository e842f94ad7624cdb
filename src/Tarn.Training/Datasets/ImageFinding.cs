namespace Tarn.Training;

/// <summary>Something that a check found.</summary>
/// <param name="Check">What.</param>
/// <param name="Subject">The file (its path), or the class.</param>
/// <param name="Reason">The rule and the value that breaks it, in words.</param>
public sealed record ImageFinding(ImageCheck Check, string Subject, string Reason)
{
    /// <summary>The class of the file, or null.</summary>
    public string? Label { get; init; }

    /// <summary>What can be done, or null.</summary>
    public string? Remedy { get; init; }

    /// <summary>The other file, where two are compared, or null.</summary>
    public string? Related { get; init; }

    /// <summary>The SHA-256 of the file, where it could be read.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Whether the file was kept out of the dataset and put into quarantine; false where it is only told.</summary>
    public bool IsQuarantined { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Subject}: {Reason}{(Related is null ? "" : $" ({Related})")}{(Remedy is null ? "" : $" {Remedy}")}";
}
