using System.Globalization;

namespace Tarn.Training;

/// <summary>Checks a dataset as a whole: what one image alone cannot show.</summary>
internal static class DatasetChecks
{
    private const double LargeGroupShare = 0.05;
    private const int LargeGroupLeast = 10;

    public static IReadOnlyList<ImageFinding> Run(ImageDatasetSnapshot dataset, ImageDatasetOptions options)
    {
        var findings = new List<ImageFinding>();
        Classes(dataset, options, findings);
        Groups(dataset, options, findings);
        Leaks(dataset, options, findings);
        Files(dataset, findings);
        return [.. findings.OrderBy(static f => f.Check).ThenBy(static f => f.Subject, StringComparer.Ordinal)];
    }

    private static void Classes(ImageDatasetSnapshot dataset, ImageDatasetOptions options, List<ImageFinding> findings)
    {
        var classes = dataset.Images.GroupBy(static i => i.Label, StringComparer.Ordinal).OrderByDescending(static g => g.Count()).ToList();
        foreach (var images in classes)
        {
            if (images.Count() == 1)
            {
                findings.Add(new(ImageCheck.SingleImageClass, images.Key, "A class has images to learn from and images to judge by; this one has a single image.")
                {
                    Label = images.Key,
                    Related = images.First().Path,
                    Remedy = "Add images of it, or leave the class out.",
                });
            }

            if (classes[0].Count() > images.Count() * options.ImbalanceRatio)
            {
                findings.Add(new(ImageCheck.ImbalancedClass, images.Key, Text($"A class has at least a {options.ImbalanceRatio}th of the images of the largest; this one has {images.Count()}, and {classes[0].Key} has {classes[0].Count()}."))
                {
                    Label = images.Key,
                    Remedy = "Add images of it, or train with class weights.",
                });
            }

            var missing = Enum.GetValues<DatasetSplit>().Where(s => options.Share(s) > 0 && images.All(i => i.Split != s)).Select(static s => s.ToString().ToLowerInvariant()).ToList();
            if (missing.Count > 0 && images.Count() > 1)
            {
                findings.Add(new(ImageCheck.MissingFromSplit, images.Key, Text($"A class has images in every split; this one, of {images.Count()} images, has none in {string.Join(" and ", missing)}."))
                {
                    Label = images.Key,
                    Remedy = "Add images of it.",
                });
            }
        }
    }

    private static void Groups(ImageDatasetSnapshot dataset, ImageDatasetOptions options, List<ImageFinding> findings)
    {
        var sizes = dataset.Images.GroupBy(static i => i.Label, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Count(), StringComparer.Ordinal);
        foreach (var group in dataset.Images.GroupBy(static i => i.GroupId, StringComparer.Ordinal).Select(static g => g.ToList()).Where(static g => g.Count > 1))
        {
            var first = group[0];
            foreach (var image in group.Skip(1))
            {
                var (near, distance) = Nearest(image, group);
                if (distance <= options.NearDistance)
                {
                    findings.Add(new(ImageCheck.NearDuplicate, image.Path, Text($"It looks like {near.Path}: {distance} of 64 bits differ. Both are kept, in {image.Split.ToString().ToLowerInvariant()}."))
                    {
                        Label = image.Label,
                        Related = near.Path,
                        Sha256 = image.Sha256,
                    });
                    if (near.Label != image.Label)
                    {
                        findings.Add(new(ImageCheck.DoubtfulLabel, image.Path, $"Images that look alike are of one class; this one is {image.Label}, and {near.Path} is {near.Label}.")
                        {
                            Label = image.Label,
                            Related = near.Path,
                            Sha256 = image.Sha256,
                            Remedy = "Look at both, and correct the class in the source.",
                        });
                    }
                }
            }

            if (group.Count >= LargeGroupLeast && group.Count > sizes[first.Label] * LargeGroupShare)
            {
                findings.Add(new(ImageCheck.LargeGroup, first.Label, Text($"Groups are small beside their class; {group.Count} of {sizes[first.Label]} images hang together with {first.Path}, and are all in {first.Split.ToString().ToLowerInvariant()}."))
                {
                    Label = first.Label,
                    Related = first.Path,
                    Remedy = "Where they only seem alike, start the dataset anew with a lower NearDistance.",
                });
            }
        }
    }

    /// <summary>Images of two splits that look alike: none where all came by imports; a dataset that was filled otherwise, or with a smaller distance, may have some.</summary>
    private static void Leaks(ImageDatasetSnapshot dataset, ImageDatasetOptions options, List<ImageFinding> findings)
    {
        if (options.NearDistance < 0)
        {
            return;
        }

        var index = new HammingIndex(options.NearDistance);
        var known = new List<DatasetImage>();
        var found = new List<(int Number, int Distance)>();
        foreach (var image in dataset.Images.Where(static i => i.PerceptualHash is not null))
        {
            index.Find((ulong)image.PerceptualHash!.Value, found);
            foreach (var (number, distance) in found.Where(f => known[f.Number].Split != image.Split).OrderBy(static f => f.Distance).Take(1))
            {
                var other = known[number];
                findings.Add(new(ImageCheck.Leaking, image.Path, Text($"Images that look alike are in one split; this one is in {image.Split.ToString().ToLowerInvariant()}, and {other.Path}, of which {distance} of 64 bits differ, in {other.Split.ToString().ToLowerInvariant()}."))
                {
                    Label = image.Label,
                    Related = other.Path,
                    Sha256 = image.Sha256,
                    Remedy = "Start the dataset anew with this NearDistance, or remove one of them.",
                });
            }

            index.Add((ulong)image.PerceptualHash.Value);
            known.Add(image);
        }
    }

    private static void Files(ImageDatasetSnapshot dataset, List<ImageFinding> findings)
    {
        foreach (var image in dataset.Images)
        {
            if (image.Frames > 1)
            {
                findings.Add(new(ImageCheck.Animated, image.Path, Text($"An image is one picture; this file holds {image.Frames}, of which the first counts.")) { Label = image.Label, Sha256 = image.Sha256 });
            }

            if (ImageExamination.WrongExtension(image.Path, image.Format) is { } wrong)
            {
                findings.Add(new(ImageCheck.WrongExtension, image.Path, wrong) { Label = image.Label, Sha256 = image.Sha256, Remedy = "Rename it; it is read by its content." });
            }
        }
    }

    private static (DatasetImage Image, int Distance) Nearest(DatasetImage image, List<DatasetImage> group)
    {
        var nearest = (Image: group[0], Distance: int.MaxValue);
        foreach (var other in group.Where(o => o.PerceptualHash is not null && image.PerceptualHash is not null && o.Sha256 != image.Sha256))
        {
            var distance = PerceptualHash.Distance((ulong)image.PerceptualHash!.Value, (ulong)other.PerceptualHash!.Value);
            nearest = distance < nearest.Distance ? (other, distance) : nearest;
        }

        return nearest;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
