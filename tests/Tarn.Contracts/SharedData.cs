using Xunit;

namespace Tarn.Contracts;

/// <summary>Finds the real data that tests use where it exists: <c>TARN_SHARED_DATA</c>, else <c>shared/data</c> beside the repository.</summary>
public static class SharedData
{
    /// <summary>The full path of a data file or folder; skips the running test, with the reason, where it is absent.</summary>
    public static string Require(string relativePath)
    {
        if (Find(relativePath) is { } path)
        {
            return path;
        }

        Assert.Skip($"The real data {relativePath} is not on this machine (looked in TARN_SHARED_DATA and in shared/data beside the repository).");
        return "";
    }

    /// <summary>The full path of a data file or folder, or null where it is absent.</summary>
    public static string? Find(string relativePath)
    {
        foreach (var root in Roots())
        {
            var path = Path.Combine(root, relativePath);
            if (File.Exists(path) || Directory.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("TARN_SHARED_DATA") is { Length: > 0 } configured)
        {
            yield return configured;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tarn.slnx")) && folder.Parent is { } beside)
            {
                yield return Path.Combine(beside.FullName, "shared", "data");
            }
        }
    }
}
