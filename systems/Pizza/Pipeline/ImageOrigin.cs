using Pizza.Drawing;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Training;

namespace Pizza.Pipeline;

/// <summary>
/// Where images come from: a folder, a table, or, where neither is given, drawn ones. Each has a dataset of its own, so that drawn pictures never mix with real ones.
/// </summary>
internal sealed class ImageOrigin(PizzaOptions options, Lake lake, BackboneCatalog backbones, TimeProvider time)
{
    private DrawnImages Drawing => new(options.Seed, options.Drawn);

    /// <summary>The folder of drawn pictures, in the data directory.</summary>
    public string DrawnFolder => Path.Combine(Path.GetDirectoryName(backbones.Folder)!, "pizza", Drawing.FolderName);

    /// <summary>Which it is, for a run that names a folder or none.</summary>
    public (OriginKind Kind, string Place) Of(string? folder) =>
        folder is { Length: > 0 } ? (OriginKind.Folder, folder)
        : options.Images is { Length: > 0 } configured ? (OriginKind.Folder, configured)
        : options.Table is { Length: > 0 } table ? (OriginKind.Table, table)
        : (OriginKind.Drawn, DrawnFolder);

    /// <summary>It in words.</summary>
    public string Describe(OriginKind kind, string place) => kind switch
    {
        OriginKind.Folder => $"images of the folder {place}",
        OriginKind.Table => $"images of the table {place}",
        _ => Drawing.Description,
    };

    /// <summary>The dataset that such images go into.</summary>
    public ImageDataset Dataset(OriginKind kind) => kind switch
    {
        OriginKind.Folder => new ImageDataset(lake, "silver.pizza_images", time),
        OriginKind.Table => new ImageDataset(lake, "silver.pizza_received", time, new ImageDatasetOptions { KeepContent = true }),

        // Each is drawn by itself: that two coins look alike says nothing.
        _ => new ImageDataset(lake, "silver.pizza_drawn", time, new ImageDatasetOptions { NearDistance = -1 }),
    };

    /// <summary>The images themselves; draws them where that is what is to be done.</summary>
    public async Task<ImageSource> SourceAsync(OriginKind kind, string place, CancellationToken cancellation)
    {
        switch (kind)
        {
            case OriginKind.Folder:
                return Directory.Exists(place)
                    ? ImageSource.Folder(place)
                    : throw TarnException.NotFound("The folder of images is there.", place, "Name a folder with a folder in it for each class, by `--images` or Pizza:Images.");
            case OriginKind.Table:
                return ImageSource.Query(lake, $"SELECT path, label, content FROM {place}");
            default:
                await Drawing.DrawAsync(place, cancellation).ConfigureAwait(false);
                return ImageSource.Folder(place);
        }
    }
}
