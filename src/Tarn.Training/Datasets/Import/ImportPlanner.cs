using System.Globalization;

namespace Tarn.Training;

/// <summary>
/// Compares what a source gives with what the dataset holds. A pure function of both: the same source again changes nothing, and the order in which files were examined does not matter.
/// </summary>
internal sealed class ImportPlanner
{
    private readonly ImageDatasetOptions _options;
    private readonly DateTimeOffset _now;
    private readonly Func<DatasetImage, bool> _isGone;
    private readonly Dictionary<string, DatasetImage> _stored;
    private readonly Dictionary<string, DatasetImage> _updated = new(StringComparer.Ordinal);
    private readonly List<ExaminedImage> _new = [];
    private readonly List<DatasetImage> _replaced = [];
    private readonly List<(ImageFinding Finding, string? Root)> _refused = [];
    private readonly List<ImageFinding> _told = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <param name="stored">The dataset's images.</param>
    /// <param name="options">The rules.</param>
    /// <param name="now">When images come.</param>
    /// <param name="isGone">Whether an image's file is no longer where the dataset says.</param>
    public ImportPlanner(IEnumerable<DatasetImage> stored, ImageDatasetOptions options, DateTimeOffset now, Func<DatasetImage, bool> isGone)
    {
        (_options, _now, _isGone) = (options, now, isGone);
        _stored = stored.ToDictionary(static i => i.Sha256, StringComparer.Ordinal);
    }

    public ImportPlan Plan(IEnumerable<ExaminedImage> examined)
    {
        var images = examined.OrderBy(static i => i.Source.Root, StringComparer.Ordinal).ThenBy(static i => i.Source.Path, StringComparer.Ordinal).ToList();
        foreach (var image in images.Where(static i => i.Refusal is not null))
        {
            Refuse(image, image.Refusal!);
        }

        var fit = new List<ExaminedImage>();
        foreach (var image in images.Where(static i => i.Refusal is null))
        {
            if (image.Source.Label is null)
            {
                Refuse(image, ImageCheck.Unlabelled, "Every image has a class; the source gives none.", "Put it into the folder of its class, or fill in its label.");
            }
            else
            {
                fit.Add(image);
            }
        }

        foreach (var same in fit.GroupBy(static i => i.Sha256!, StringComparer.Ordinal))
        {
            Take(same.Key, [.. same]);
        }

        FindReplaced(fit);
        var added = Place();
        return new ImportPlan
        {
            Added = added,
            Updated = [.. _updated.Values],
            Replaced = _replaced,
            Unchanged = _seen.Count(s => !_updated.ContainsKey(s)),
            Told = _told,
            Refused = [.. _refused.OrderBy(static r => r.Finding.Subject, StringComparer.Ordinal).ThenBy(static r => r.Finding.Check)],
        };
    }

    /// <summary>Files of the same bytes: one is the image, the others are duplicates, or contradict each other.</summary>
    private void Take(string sha256, List<ExaminedImage> same)
    {
        if (!_stored.TryGetValue(sha256, out var stored))
        {
            if (same.Select(static i => i.Source.Label).Distinct(StringComparer.Ordinal).Count() > 1)
            {
                var labels = string.Join(", ", same.Select(static i => $"{i.Source.Path} as {i.Source.Label}"));
                same.ForEach(i => Refuse(i, ImageCheck.ContradictoryLabel, $"An image has one class; the same bytes come as {labels}.", "Remove the wrong ones, and import again.", same.First(o => o != i).Source.Path));
                return;
            }

            _new.Add(same[0]);
            same.Skip(1).ToList().ForEach(i => Duplicate(i, same[0].Source.Path));
            return;
        }

        _seen.Add(sha256);
        var own = same.FirstOrDefault(i => i.Source.Path == stored.Path && i.Source.Root == stored.Root)
            ?? same.FirstOrDefault(i => i.Source.Path == stored.Path)
            ?? same.FirstOrDefault(i => i.Source.Label == stored.Label && _isGone(stored));
        if (own is not null)
        {
            Update(stored with { Path = own.Source.Path, Root = own.Source.Root, Label = own.Source.Label! });
            Stays(own, stored);
        }

        foreach (var other in same.Where(i => i != own))
        {
            if (other.Source.Label == (own?.Source.Label ?? stored.Label))
            {
                Duplicate(other, stored.Path);
            }
            else
            {
                Refuse(other, ImageCheck.ContradictoryLabel, $"An image has one class; the same bytes are in the dataset as {stored.Label}.", "Correct the class in the source, and import again.", stored.Path);
            }
        }
    }

    private void Stays(ExaminedImage own, DatasetImage stored)
    {
        if ((own.Source.Split is { } split && split != stored.Split) || (own.Source.Group is { } group && group != stored.SourceGroup))
        {
            var wanted = string.Join(", ", new[] { own.Source.Split?.ToString().ToLowerInvariant(), own.Source.Group }.OfType<string>());
            _told.Add(new ImageFinding(ImageCheck.SplitStays, own.Source.Path, $"An image keeps the split and the group that it came with; the source wants {wanted}, and it has {stored.Split.ToString().ToLowerInvariant()}{(stored.SourceGroup is null ? "" : $", {stored.SourceGroup}")}.")
            {
                Label = own.Source.Label,
                Sha256 = stored.Sha256,
                Remedy = "Where the splits were wrong, start the dataset anew under another name.",
            });
        }
    }

    /// <summary>Images of the dataset at whose place the source has another one now.</summary>
    private void FindReplaced(List<ExaminedImage> fit)
    {
        var here = fit.Select(static i => i.Sha256!).ToHashSet(StringComparer.Ordinal);
        var places = fit.ToLookup(static i => (i.Source.Root, i.Source.Path));
        foreach (var stored in _stored.Values.Where(s => !here.Contains(s.Sha256)).ToList())
        {
            if (places[(stored.Root, stored.Path)].FirstOrDefault() is { } successor)
            {
                _replaced.Add(stored);
                _stored.Remove(stored.Sha256);
                _refused.Add((new ImageFinding(ImageCheck.Replaced, stored.Path, $"A path names one image; the file there is another one now, {successor.Sha256![..12]}…, and this is {stored.Sha256[..12]}….")
                {
                    Label = stored.Label,
                    Sha256 = stored.Sha256,
                    Remedy = "Nothing needs to be done: older versions of the dataset still hold it.",
                    Related = successor.Source.Path,
                    IsQuarantined = true,
                }, stored.Root));
            }
        }
    }

    /// <summary>Gives the new images their splits and groups.</summary>
    private List<DatasetImage> Place()
    {
        var candidates = _stored.Values.Select(static s => new SplitCandidate(s.Sha256, s.Label, (ulong?)s.PerceptualHash, s.SourceGroup, s.GroupId, s.Split))
            .Concat(_new.Select(static n => new SplitCandidate(n.Sha256!, n.Source.Label!, n.Hash, n.Source.Group, null, n.Source.Split)));
        var plan = SplitPlanner.Plan(candidates, _options);
        var names = _stored.ToDictionary(static s => s.Key, static s => s.Value.Path, StringComparer.Ordinal);
        _new.ForEach(n => names[n.Sha256!] = n.Source.Path);
        foreach (var stored in _stored.Values.Where(s => plan.Renamed.ContainsKey(s.GroupId)).ToList())
        {
            var changed = _updated.GetValueOrDefault(stored.Sha256, stored);
            Update(changed with { GroupId = plan.Renamed[stored.GroupId] });
        }

        var added = new List<DatasetImage>(_new.Count);
        foreach (var image in _new)
        {
            var place = plan.Places[image.Sha256!];
            if (place.Split is { } split)
            {
                added.Add(Row(image, place.GroupId, split));
                continue;
            }

            var friend = place.Near is null ? $"the source wants it in {image.Source.Split}" : $"it looks like {names[place.Near]}";
            Refuse(image, ImageCheck.Leaking, $"Images that look alike are in one split; {friend}, and like {names[place.OtherNear!]} of another split.", "Leave it out, or lower NearDistance where they only seem alike.", names[place.OtherNear!]);
        }

        return added;
    }

    private DatasetImage Row(ExaminedImage image, string group, DatasetSplit split) => new()
    {
        Sha256 = image.Sha256!,
        Path = image.Source.Path,
        Root = image.Source.Root,
        Label = image.Source.Label!,
        Split = split,
        GroupId = group,
        SourceGroup = image.Source.Group,
        PerceptualHash = (long?)image.Hash,
        Width = image.Info!.SeenWidth,
        Height = image.Info.SeenHeight,
        Format = image.Info.Format.ToString().ToLowerInvariant(),
        Frames = image.Info.Frames,
        Bytes = image.Bytes,
        AddedAt = _now,
    };

    private void Update(DatasetImage image)
    {
        if (image == _stored[image.Sha256])
        {
            return;
        }

        _updated[image.Sha256] = image;
    }

    private void Duplicate(ExaminedImage image, string first) =>
        Refuse(image, ImageCheck.Duplicate, string.Create(CultureInfo.InvariantCulture, $"An image is in a dataset once; the same {image.Bytes} bytes are at {first}."), null, first);

    private void Refuse(ExaminedImage image, ImageCheck check, string reason, string? remedy, string? related = null) =>
        Refuse(image, ImageExamination.Finding(image, check, reason, remedy) with { Related = related });

    private void Refuse(ExaminedImage image, ImageFinding finding) => _refused.Add((finding, image.Source.Root));
}
