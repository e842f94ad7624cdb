using Tarn.Training;

namespace Tarn;

/// <summary>A backbone of the catalogue.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is.</param>
/// <param name="State"><c>built in</c> (made in code), <c>present</c> (its file is here) or <c>absent</c>.</param>
/// <param name="File">Where its file is or would be.</param>
/// <param name="Sha256">The hash that its file has to have, or null.</param>
/// <param name="Url">Where it can be fetched, or null.</param>
/// <param name="Width">The width that pictures are brought to.</param>
/// <param name="Height">The height that pictures are brought to.</param>
/// <param name="Layout">nchw or nhwc.</param>
/// <param name="Channels">rgb or bgr.</param>
/// <param name="Scale">What pixels are multiplied by.</param>
/// <param name="Mean">What is subtracted then.</param>
/// <param name="Std">What it is divided by.</param>
/// <param name="Resize">stretch or crop.</param>
/// <param name="Embedding">The tensor, output or auto.</param>
/// <param name="HowToGet">How to get the file where it is absent, else null.</param>
internal sealed record BackboneView(
    string Name,
    string Description,
    string State,
    string? File,
    string? Sha256,
    string? Url,
    int Width,
    int Height,
    string Layout,
    string Channels,
    double Scale,
    IReadOnlyList<double> Mean,
    IReadOnlyList<double> Std,
    string Resize,
    string Embedding,
    string? HowToGet)
{
    public static BackboneView Of(BackboneCatalog catalog, BackboneEntry entry)
    {
        var path = catalog.PathOf(entry);
        var isPresent = catalog.IsPresent(entry);
        return new BackboneView(
            entry.Name,
            entry.Description,
            path is null ? "built in" : isPresent ? "present" : "absent",
            path,
            entry.Sha256,
            entry.Url,
            entry.Width,
            entry.Height,
            entry.Layout.ToString().ToLowerInvariant(),
            entry.Channels.ToString().ToLowerInvariant(),
            entry.Scale,
            entry.Mean,
            entry.Std,
            entry.Resize.ToString().ToLowerInvariant(),
            entry.Embedding,
            isPresent ? null : BackboneCatalog.HowToGet(entry));
    }
}
