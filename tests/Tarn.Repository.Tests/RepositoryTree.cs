namespace Tarn.Repository.Tests;

/// <summary>The files of this repository as they lie on disk, without what builds and tools make.</summary>
internal static class RepositoryTree
{
    private static readonly HashSet<string> Made = ["bin", "obj", "node_modules", "dist", "artifacts", ".git", ".tarn", "TestResults", ".vs", ".idea"];

    public static string Root { get; } = FindRoot();

    private static readonly Lazy<IReadOnlyList<string>> AllFiles = new(static () => [.. Walk(new DirectoryInfo(Root)).Order(StringComparer.Ordinal)]);

    /// <summary>Every file, as a path relative to the root with forward slashes.</summary>
    public static IReadOnlyList<string> Files => AllFiles.Value;

    /// <summary>The files under a folder with one of the extensions.</summary>
    public static IEnumerable<string> Under(string folder, params string[] extensions) =>
        Files.Where(f => f.StartsWith(folder, StringComparison.Ordinal) && extensions.Any(e => f.EndsWith(e, StringComparison.Ordinal)));

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    public static string[] Lines(string relativePath) => File.ReadAllLines(Path.Combine(Root, relativePath));

    /// <summary>Fails with one line for each broken rule, so that a run shows them all.</summary>
    public static void AssertNone(IEnumerable<string> broken, string rule)
    {
        var list = broken.ToList();
        Xunit.Assert.True(list.Count == 0, $"{rule}\n  {string.Join("\n  ", list)}");
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles().Where(static f => !Made.Contains(f.Name)))
        {
            yield return Path.GetRelativePath(Root, file.FullName).Replace('\\', '/');
        }

        foreach (var child in folder.EnumerateDirectories())
        {
            if (!Made.Contains(child.Name))
            {
                foreach (var file in Walk(child))
                {
                    yield return file;
                }
            }
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tarn.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Tarn.slnx above {AppContext.BaseDirectory}.");
    }
}
