using Tarn.Lake;

namespace Tarn.Training;

/// <summary>A file that was kept out of a dataset, and why: a row of its quarantine table.</summary>
[Describe("A file that was kept out of a dataset, and why.")]
public sealed record QuarantinedImage
{
    /// <summary>The file's path below <see cref="Root"/>, or what the source calls it.</summary>
    [Describe("The file's path below the root, or what the source calls it.")]
    public required string Path { get; init; }

    /// <summary>The full path of the folder that <see cref="Path"/> starts from, or null.</summary>
    [Describe("The folder that the path starts from, or null.")]
    public string? Root { get; init; }

    /// <summary>The class that the source gave, or null.</summary>
    [Describe("The class that the source gave, or null.")]
    public string? Label { get; init; }

    /// <summary>What is wrong.</summary>
    [Describe("The check that it did not pass.")]
    public required ImageCheck Check { get; init; }

    /// <summary>The rule and the value that breaks it, in words.</summary>
    [Describe("The rule and the value that breaks it.")]
    public required string Reason { get; init; }

    /// <summary>What can be done, or null.</summary>
    [Describe("What can be done.")]
    public string? Remedy { get; init; }

    /// <summary>The other file, where two were compared, or null.</summary>
    [Describe("The other file, where two were compared.")]
    public string? Related { get; init; }

    /// <summary>The SHA-256 of the file; empty where it could not be read whole.</summary>
    [Describe("The SHA-256 of the file; empty where it was not read whole.")]
    public string Sha256 { get; init; } = "";

    /// <summary>When it was found.</summary>
    [Describe("When it was found first.")]
    public DateTimeOffset FoundAt { get; init; }

    /// <summary>The file's bytes, where the dataset keeps bytes and they could be read; else null.</summary>
    [Describe("The file's bytes, where the dataset keeps bytes.")]
    public byte[]? Content { get; init; }

    internal ImageFinding ToFinding() => new(Check, Path, Reason)
    {
        Label = Label,
        Remedy = Remedy,
        Related = Related,
        Sha256 = Sha256.Length == 0 ? null : Sha256,
        IsQuarantined = true,
    };
}
