using Tarn.Core;

namespace Tarn.Training;

/// <summary>A folder with a folder for each class.</summary>
internal sealed class FolderSource(string root) : ImageSource
{
    private readonly string _root = FullPath(root, "A folder of images");

    public override string Description => $"the folder {_root}";

    internal override async IAsyncEnumerable<SourceImage> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(_root))
        {
            throw TarnException.NotFound("A folder of images must exist.", _root, "Give a folder with a folder for each class.");
        }

        await Task.CompletedTask.ConfigureAwait(false);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        foreach (var file in Directory.EnumerateFiles(_root, "*", options).Order(StringComparer.Ordinal))
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

    private static bool IsImageOfNobody(string path) =>
        path.Split('/').Any(static part => part.StartsWith('.'))
        || System.IO.Path.GetFileName(path) is var name && (name.Equals("Thumbs.db", StringComparison.OrdinalIgnoreCase) || name.Equals("desktop.ini", StringComparison.OrdinalIgnoreCase));
}
