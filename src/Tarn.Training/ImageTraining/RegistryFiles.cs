using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Training;

/// <summary>Files that the registry keeps, and models made of them.</summary>
public static class RegistryFiles
{
    /// <summary>Loads the image model of a registered version.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    /// <param name="threads">Threads for the work of one call; null for the process' pool.</param>
    /// <exception cref="TarnException">Its files are elsewhere, or one is missing, or they are no image model.</exception>
    public static async Task<ImageClassifier> LoadClassifierAsync(this ModelRegistry registry, ModelVersion version, CancellationToken cancellation = default, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(version);
        var name = FormattableString.Invariant($"{version.Model} version {version.Version}");
        var model = await ReadAsync(registry, version, ImageModelFiles.ModelName, cancellation).ConfigureAwait(false);
        var signature = await ReadAsync(registry, version, ImageModelFiles.SignatureName, cancellation).ConfigureAwait(false);
        return await Task.Run(() => ImageClassifier.FromBytes(model, signature, name, threads), cancellation).ConfigureAwait(false);
    }

    internal static async Task<byte[]> ReadAsync(ModelRegistry registry, string path, CancellationToken cancellation)
    {
        var stream = await registry.Artifacts.OpenAsync(path, cancellation).ConfigureAwait(false)
            ?? throw TarnException.NotFound("A file that was kept is there.", path, "Train again: the file was removed.");
        await using (stream.ConfigureAwait(false))
        {
            using var buffer = new MemoryStream();
            await stream.CopyToAsync(buffer, cancellation).ConfigureAwait(false);
            return buffer.ToArray();
        }
    }

    private static Task<byte[]> ReadAsync(ModelRegistry registry, ModelVersion version, string file, CancellationToken cancellation)
    {
        var folder = version.Folder
            ?? throw new TarnException(ErrorKind.Unsupported, "A model's files are kept in the registry, and this one's are elsewhere.", $"{version.Model} {version.Version}: {version.Source}", "Register the files themselves.");
        return version.Files.Any(f => f.Path == file)
            ? ReadAsync(registry, $"{folder}/{file}", cancellation)
            : throw TarnException.NotFound(
                $"An image model has the file {file}.", $"{version.Model} {version.Version} has {string.Join(", ", version.Files.Select(static f => f.Path))}", "Name a version that `tarn train` made.");
    }
}
