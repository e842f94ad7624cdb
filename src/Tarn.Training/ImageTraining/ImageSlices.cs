namespace Tarn.Training;

/// <summary>Ways to slice images by what they are like, so that a model that fails at one kind of them shows it.</summary>
internal static class ImageSlices
{
    private const long Small = 100_000;
    private const long Large = 500_000;
    private const double Square = 1.1;

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Of(IReadOnlyList<DatasetImage> images) => new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        ["format"] = [.. images.Select(static i => i.Format)],
        ["shape"] = [.. images.Select(static i => i.Width > i.Height * Square ? "landscape" : i.Height > i.Width * Square ? "portrait" : "square")],
        ["size"] = [.. images.Select(static i => ((long)i.Width * i.Height) switch
        {
            < Small => "under 0.1 megapixels",
            < Large => "0.1 to 0.5 megapixels",
            _ => "0.5 megapixels and more",
        })],
    };
}
