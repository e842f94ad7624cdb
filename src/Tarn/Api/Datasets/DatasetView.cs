namespace Tarn;

/// <summary>An image dataset.</summary>
/// <param name="Name">Its table.</param>
/// <param name="Version">The table's version.</param>
/// <param name="UpdatedAt">When that version was committed.</param>
/// <param name="Images">How many images it has.</param>
/// <param name="Bytes">Their files' bytes together.</param>
/// <param name="Classes">How many classes.</param>
/// <param name="Train">Images to learn from.</param>
/// <param name="Validation">Images to choose by.</param>
/// <param name="Test">Images to judge by.</param>
/// <param name="Quarantined">Files that were kept out.</param>
/// <param name="Findings">What checks found and did not keep out.</param>
/// <param name="TestUses">How often the test images were judged by.</param>
/// <param name="Samples">The hashes of some images, of every class in turn, to show.</param>
internal sealed record DatasetView(
    string Name,
    long Version,
    DateTimeOffset UpdatedAt,
    int Images,
    long Bytes,
    int Classes,
    int Train,
    int Validation,
    int Test,
    int Quarantined,
    int Findings,
    int TestUses,
    IReadOnlyList<string> Samples);

/// <summary>An image dataset with what there is to say of it.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Classes">Images by class and split, by class.</param>
/// <param name="Formats">Images by format, the most frequent first.</param>
/// <param name="Widths">The widths in pixels; null where there is no image.</param>
/// <param name="Heights">The heights in pixels; null where there is no image.</param>
/// <param name="Groups">Groups of several images that look alike or belong together.</param>
/// <param name="Checks">What was found, by check.</param>
/// <param name="TestUses">Who judged by the test images, the oldest first.</param>
internal sealed record DatasetDetailsView(
    DatasetView Dataset,
    IReadOnlyList<DatasetClassView> Classes,
    IReadOnlyDictionary<string, int> Formats,
    DatasetRangeView? Widths,
    DatasetRangeView? Heights,
    int Groups,
    IReadOnlyList<DatasetCheckView> Checks,
    IReadOnlyList<DatasetTestUseView> TestUses);

/// <summary>How many images of a class there are.</summary>
/// <param name="Label">The class.</param>
/// <param name="Train">To learn from.</param>
/// <param name="Validation">To choose by.</param>
/// <param name="Test">To judge by.</param>
/// <param name="All">All of them.</param>
internal sealed record DatasetClassView(string Label, int Train, int Validation, int Test, int All);

/// <summary>A range of pixels.</summary>
/// <param name="Least">The least.</param>
/// <param name="Median">The one in the middle.</param>
/// <param name="Most">The greatest.</param>
internal sealed record DatasetRangeView(int Least, int Median, int Most);

/// <summary>How often a check found something.</summary>
/// <param name="Check">The check, such as near_duplicate.</param>
/// <param name="Told">Findings that are only told.</param>
/// <param name="KeptOut">Files that were kept out for it.</param>
/// <param name="Images">Images of the dataset that it was found at: what the filter by finding gives.</param>
internal sealed record DatasetCheckView(string Check, int Told, int KeptOut, int Images);

/// <summary>That somebody judged by the test images.</summary>
/// <param name="UsedBy">Who: a training run's id, or what else was judged.</param>
/// <param name="Purpose">What for, such as evaluation or gate.</param>
/// <param name="UsedAt">When.</param>
/// <param name="Version">The version of the dataset.</param>
/// <param name="Images">How many test images that version has.</param>
/// <param name="Fingerprint">The hash over the test images: versions with the same test images have the same.</param>
/// <param name="Earlier">How often others had judged by the same test images before.</param>
internal sealed record DatasetTestUseView(string UsedBy, string Purpose, DateTimeOffset UsedAt, long Version, int Images, string Fingerprint, int Earlier);

/// <summary>A page of a dataset's images, in the order of their hashes.</summary>
/// <param name="Version">The version of the dataset.</param>
/// <param name="Total">How many images pass the filter.</param>
/// <param name="Images">Those of the page.</param>
internal sealed record DatasetImagesView(long Version, int Total, IReadOnlyList<DatasetImageView> Images);

/// <summary>An image of a dataset.</summary>
/// <param name="Sha256">The hash of its file, which names it.</param>
/// <param name="Path">Its file below the dataset's folder, or what the source calls it.</param>
/// <param name="Label">Its class.</param>
/// <param name="Split">train, validation or test.</param>
/// <param name="Width">Pixels in a row, as seen.</param>
/// <param name="Height">Rows of pixels, as seen.</param>
/// <param name="Format">jpeg, png, webp or gif.</param>
/// <param name="Frames">Pictures in the file.</param>
/// <param name="Bytes">The file's length.</param>
/// <param name="Group">The hash that names its group of images that look alike or belong together.</param>
/// <param name="GroupSize">How many images are in that group.</param>
/// <param name="SourceGroup">What the source says belongs together, or null.</param>
/// <param name="AddedAt">When it came.</param>
/// <param name="Findings">What checks found at it.</param>
internal sealed record DatasetImageView(
    string Sha256,
    string Path,
    string Label,
    string Split,
    int Width,
    int Height,
    string Format,
    int Frames,
    long Bytes,
    string Group,
    int GroupSize,
    string? SourceGroup,
    DateTimeOffset AddedAt,
    IReadOnlyList<DatasetFindingView> Findings);

/// <summary>A page of what was found.</summary>
/// <param name="Version">The version of the dataset.</param>
/// <param name="Total">How many findings pass the filter.</param>
/// <param name="Findings">Those of the page, by check and subject.</param>
internal sealed record DatasetFindingsView(long Version, int Total, IReadOnlyList<DatasetFindingView> Findings);

/// <summary>Something that a check found.</summary>
/// <param name="Check">The check, such as truncated or near_duplicate.</param>
/// <param name="Subject">The file, or the class.</param>
/// <param name="Reason">The rule and the value that breaks it, in words.</param>
/// <param name="Remedy">What can be done, or null.</param>
/// <param name="Label">The class, or null.</param>
/// <param name="Related">The other file, where two were compared, or null.</param>
/// <param name="Sha256">The hash of the file, where it is known: its thumbnail may be asked for.</param>
/// <param name="RelatedSha256">The hash of the other file, where it is an image of the dataset.</param>
/// <param name="KeptOut">Whether the file is in quarantine; false where the finding is only told.</param>
internal sealed record DatasetFindingView(
    string Check, string Subject, string Reason, string? Remedy, string? Label, string? Related, string? Sha256, string? RelatedSha256, bool KeptOut);
