using System.Text.RegularExpressions;
using Xunit;

namespace Tarn.Repository.Tests;

/// <summary>ARCHITECTURE.md and the documents name what exists.</summary>
public sealed partial class ArchitectureTests
{
    [Fact]
    public void Every_project_stands_in_ARCHITECTURE()
    {
        var text = RepositoryTree.Read("ARCHITECTURE.md");
        RepositoryTree.AssertNone(
            RepositoryTree.Under("", ".csproj").Select(static p => Path.GetFileNameWithoutExtension(p)).Where(n => !text.Contains($"`{n}`", StringComparison.Ordinal)),
            "ARCHITECTURE.md names every project, in backticks.");
    }

    [Fact]
    public void Every_code_name_in_ARCHITECTURE_exists()
    {
        var words = RepositoryTree.Under("", ".cs").SelectMany(static f => Word().Matches(RepositoryTree.Read(f)).Select(static m => m.Value)).ToHashSet();
        words.UnionWith(RepositoryTree.Under("", ".csproj").Select(static p => Path.GetFileNameWithoutExtension(p)));
        RepositoryTree.AssertNone(
            CodeName().Matches(RepositoryTree.Read("ARCHITECTURE.md")).Select(static m => m.Groups[1].Value).Distinct().Where(n => !words.Contains(n) && !n.Split('.').All(words.Contains)),
            "A type or project named in ARCHITECTURE.md exists.");
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var broken =
            from file in RepositoryTree.Under("", ".md")
            from link in Link().Matches(RepositoryTree.Read(file)).Select(static m => m.Groups[1].Value)
            where !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith('#')
            let target = Path.Combine(RepositoryTree.Root, Path.GetDirectoryName(file)!, link.Split('#')[0])
            where !File.Exists(target) && !Directory.Exists(target)
            select $"{file}: {link}";
        RepositoryTree.AssertNone(broken, "A relative link leads to a file of the repository.");
    }

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Word();

    [GeneratedRegex(@"`([A-Z]\w+(?:\.[A-Z]\w+)*)`")]
    private static partial Regex CodeName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
