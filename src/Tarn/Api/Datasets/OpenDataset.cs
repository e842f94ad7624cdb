using System.Text.Json;
using Tarn.Training;

namespace Tarn;

/// <summary>A dataset at a version, read and checked, with what finds its images. Immutable.</summary>
internal sealed class OpenDataset
{
    private const int SamplesShown = 6;

    private readonly Dictionary<string, int> _groups;
    private readonly Dictionary<string, string> _byPath;
    private readonly ILookup<string, DatasetFindingView> _byImage;

    public OpenDataset(ImageDataset dataset, ImageDatasetSnapshot snapshot, DatasetReport report, IReadOnlyList<QuarantinedImage> quarantined, DateTimeOffset updatedAt)
    {
        (Dataset, Snapshot, Report, UpdatedAt) = (dataset, snapshot, report, updatedAt);
        Quarantined = quarantined.Where(static q => q.Sha256.Length > 0).ToLookup(static q => q.Sha256, StringComparer.Ordinal);
        _groups = snapshot.Images.GroupBy(static i => i.GroupId, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Count(), StringComparer.Ordinal);
        _byPath = snapshot.Images.GroupBy(static i => i.Path, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.First().Sha256, StringComparer.Ordinal);
        Findings = [.. report.Findings.Select(Of)];

        // A pair that looks alike is one finding, told at the one image; both are what it was found at.
        _byImage = Findings.Where(static f => !f.KeptOut && f.Sha256 is not null)
            .SelectMany(static f => f.RelatedSha256 is { } other && other != f.Sha256 ? [(f.Sha256!, f), (other, f)] : new[] { (f.Sha256!, f) })
            .ToLookup(static p => p.Item1, static p => p.f, StringComparer.Ordinal);
    }

    public ImageDataset Dataset { get; }

    public ImageDatasetSnapshot Snapshot { get; }

    public DatasetReport Report { get; }

    public DateTimeOffset UpdatedAt { get; }

    /// <summary>What was kept out, by hash.</summary>
    public ILookup<string, QuarantinedImage> Quarantined { get; }

    /// <summary>All that was found, by check and subject.</summary>
    public IReadOnlyList<DatasetFindingView> Findings { get; }

    /// <summary>A check as the API calls it.</summary>
    public static string NameOf(ImageCheck check) => JsonNamingPolicy.SnakeCaseLower.ConvertName(check.ToString());

    /// <summary>A split as the API calls it.</summary>
    public static string NameOf(DatasetSplit split) => JsonNamingPolicy.SnakeCaseLower.ConvertName(split.ToString());

    /// <summary>What checks told of an image of the dataset.</summary>
    public IEnumerable<DatasetFindingView> FindingsOf(string sha256) => _byImage[sha256];

    public DatasetView View() => new(
        Snapshot.Table,
        Snapshot.Version,
        UpdatedAt,
        Report.Images,
        Report.Bytes,
        Report.Classes.Count,
        Report.Classes.Sum(static c => c.Train),
        Report.Classes.Sum(static c => c.Validation),
        Report.Classes.Sum(static c => c.Test),
        Report.Quarantined,
        Findings.Count(static f => !f.KeptOut),
        Report.TestUses.Count,
        Samples());

    public DatasetDetailsView Details() => new(
        View(),
        [.. Report.Classes.Select(static c => new DatasetClassView(c.Label, c.Train, c.Validation, c.Test, c.All))],
        Report.Formats,
        Range(Report.Widths),
        Range(Report.Heights),
        Report.Groups,
        [.. Findings.GroupBy(static f => f.Check, StringComparer.Ordinal).Select(g => new DatasetCheckView(
            g.Key,
            g.Count(static f => !f.KeptOut),
            g.Count(static f => f.KeptOut),
            g.Where(static f => !f.KeptOut && f.Sha256 is not null).SelectMany(static f => new[] { f.Sha256, f.RelatedSha256 }).OfType<string>().Distinct(StringComparer.Ordinal).Count()))],
        Uses());

    public DatasetImageView View(DatasetImage image) => new(
        image.Sha256,
        image.Path,
        image.Label,
        NameOf(image.Split),
        image.Width,
        image.Height,
        image.Format,
        image.Frames,
        image.Bytes,
        image.GroupId,
        _groups[image.GroupId],
        image.SourceGroup,
        image.AddedAt,
        [.. FindingsOf(image.Sha256)]);

    private static DatasetRangeView? Range(IReadOnlyList<int> values) => values is [var least, var median, var most] ? new(least, median, most) : null;

    private DatasetFindingView Of(ImageFinding finding) => new(
        NameOf(finding.Check),
        finding.Subject,
        finding.Reason,
        finding.Remedy,
        finding.Label,
        finding.Related,
        finding.Sha256,
        finding.Related is { } other ? _byPath.GetValueOrDefault(other) : null,
        finding.IsQuarantined);

    /// <summary>The images that show what is in the dataset: one of each class, then the next of each.</summary>
    private List<string> Samples() =>
        [.. Snapshot.Images.GroupBy(static i => i.Label, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal)
            .SelectMany(static (g, number) => g.Take(SamplesShown).Select((image, turn) => (image.Sha256, turn, number)))
            .OrderBy(static s => s.turn).ThenBy(static s => s.number).Take(SamplesShown).Select(static s => s.Sha256)];

    private List<DatasetTestUseView> Uses()
    {
        var uses = new List<DatasetTestUseView>();
        foreach (var use in Report.TestUses)
        {
            var earlier = uses.Count(u => u.Fingerprint == use.Fingerprint && u.UsedBy != use.UsedBy);
            uses.Add(new(use.UsedBy, use.Purpose, use.UsedAt, use.DatasetVersion, use.Images, use.Fingerprint, earlier));
        }

        return uses;
    }
}
