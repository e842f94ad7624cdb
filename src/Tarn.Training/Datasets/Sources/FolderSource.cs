using Tarn.Core;

namespace Tarn.Training;

/// <summary>A folder with a folder for each class.</summary>
internal sealed class FolderSource(string root) : ImageSource
{
    /// <summary>Deeper than any sensible folder, and an end to links that lead back up.</summary>
    private const int DeepestFolder = 32;

    private readonly string _root = FullPath(root, "A folder of images");

    public override string Description => $"the folder {_root}";

    internal override async IAsyncEnumerable<SourceImage> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(_root))
        {
            throw TarnException.NotFound("A folder of images must exist.", _root, "Give a folder with a folder for each class.");
        }

        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var file in Files())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = System.IO.Path.GetRelativePath(_root, file).Replace(System.IO.Path.DirectorySeparatorChar, '/');
            if (IsImageOfNobody(path))
            {
                continue;
            }

            var slash = path.IndexOf('/', StringComparison.Ordinal);
            yield return new SourceImage(path, _root, slash < 0 ? null : path[..slash]);
        }
    }

    /// <summary>All files in ordinal order. A folder that may not be read ends the import: images in it would be missed without a word.</summary>
    private List<string> Files()
    {
        try
        {
            var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = DeepestFolder, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
            return [.. Directory.EnumerateFiles(_root, "*", options).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new TarnException(ErrorKind.Unavailable, "A folder of images must be readable, with all its folders.", error.Message, "Give the right to read it.", error);
        }
    }

    private static bool IsImageOfNobody(string path) =>
        path.Split('/').Any(static part => part.StartsWith('.'))
        || System.IO.Path.GetFileName(path) is var name && (name.Equals("Thumbs.db", StringComparison.OrdinalIgnoreCase) || name.Equals("desktop.ini", StringComparison.OrdinalIgnoreCase));
}
