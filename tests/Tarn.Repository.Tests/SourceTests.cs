using System.Text.RegularExpressions;
using Xunit;

namespace Tarn.Repository.Tests;

/// <summary>The style rules that a machine can check.</summary>
public sealed partial class SourceTests
{
    private static readonly string[] Code = [".cs", ".ts", ".tsx", ".sh"];

    [Fact]
    public void Files_are_short()
    {
        var sizes = RepositoryTree.Under("", Code).Select(static f => (File: f, Lines: RepositoryTree.Lines(f).Length)).OrderBy(static s => s.Lines).ToList();
        RepositoryTree.AssertNone(sizes.Where(static s => s.Lines > 800).Select(static s => $"{s.File}: {s.Lines}"), "No file has more than 800 lines.");
        Assert.True(sizes[sizes.Count / 2].Lines < 120, $"The median file has {sizes[sizes.Count / 2].Lines} lines; it is to be under 120.");
        var large = sizes.Where(static s => s.Lines > 350).ToList();
        Assert.True(
            large.Count * 20 <= sizes.Count,
            $"At most one file in twenty has more than 350 lines:\n  {string.Join("\n  ", large.Select(static s => $"{s.File}: {s.Lines}"))}");
    }

    [Fact]
    public void Time_randomness_ids_and_environment_are_inputs_below_the_top_floor()
    {
        var places = RepositoryTree.Under("src/", ".cs").Where(static f => !f.StartsWith("src/Tarn/", StringComparison.Ordinal))
            .Concat(RepositoryTree.Under("adapters/", ".cs"))
            .Concat(RepositoryTree.Under("systems/", ".cs").Where(static f => !f.EndsWith("/Program.cs", StringComparison.Ordinal)));
        RepositoryTree.AssertNone(Matches(places, Ambient()), "Use TimeProvider, a seed, IdSource and options instead of ambient state.");
    }

    [Fact]
    public void Nothing_sleeps_and_no_catch_hides()
    {
        RepositoryTree.AssertNone(
            Matches(RepositoryTree.Under("", ".cs").Where(static f => !f.EndsWith("SourceTests.cs", StringComparison.Ordinal)), Hiding()),
            "No Thread.Sleep, no empty catch, no #region.");
        RepositoryTree.AssertNone(
            Matches(RepositoryTree.Under("tests/", ".cs").Where(static f => !f.EndsWith("SourceTests.cs", StringComparison.Ordinal)), Sleeping()),
            "A test waits on the state itself or uses fake time.");
    }

    [Fact]
    public void Suppressed_warnings_and_skipped_tests_give_a_reason()
    {
        var broken = RepositoryTree.Under("", ".cs")
            .SelectMany(static f => RepositoryTree.Lines(f).Select((l, i) => (f, l, i)))
            .Where(static x => x.l.Contains("#pragma warning disable", StringComparison.Ordinal) && !x.l.Contains("//", StringComparison.Ordinal))
            .Where(static x => !x.f.EndsWith("SourceTests.cs", StringComparison.Ordinal))
            .Select(static x => $"{x.f}:{x.i + 1}");
        RepositoryTree.AssertNone(broken, "A suppressed warning says why on its line.");
    }

    [Fact]
    public void Types_are_named_for_what_they_are()
    {
        RepositoryTree.AssertNone(
            RepositoryTree.Under("", Code).Where(static f => VagueName().IsMatch(Path.GetFileNameWithoutExtension(f))),
            "No Manager, Helper, Utils, Common.");
    }

    [Fact]
    public void Nothing_names_one_machine_or_a_registry_host()
    {
        var texts = RepositoryTree.Files.Where(static f => !f.EndsWith(".png", StringComparison.Ordinal) && !f.EndsWith(".svg", StringComparison.Ordinal) && !f.EndsWith("SourceTests.cs", StringComparison.Ordinal));
        RepositoryTree.AssertNone(Matches(texts, MachinePath()), "No paths of one machine.");
        RepositoryTree.AssertNone(
            RepositoryTree.Under("", "package-lock.json").Where(static f => RepositoryTree.Read(f).Contains("\"resolved\": \"http", StringComparison.Ordinal)),
            "A lock file holds hashes, no download addresses.");
    }

    [Fact]
    public void Real_data_is_not_in_the_repository()
    {
        RepositoryTree.AssertNone(
            RepositoryTree.Files.Where(static f => new FileInfo(Path.Combine(RepositoryTree.Root, f)).Length > 1_500_000),
            "No file is larger than 1.5 MB.");
    }

    private static IEnumerable<string> Matches(IEnumerable<string> files, Regex banned) =>
        from file in files
        from line in RepositoryTree.Lines(file).Select(static (text, index) => (text, number: index + 1))
        where !line.text.TrimStart().StartsWith("///", StringComparison.Ordinal) && banned.IsMatch(line.text)
        select $"{file}:{line.number}: {line.text.Trim()}";

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b|\bGuid\.NewGuid\b|\bGuid\.CreateVersion7\(\)|\bRandom\.Shared\b|\bnew Random\(\)|\bEnvironment\.(GetEnvironmentVariable|CurrentDirectory|GetCommandLineArgs|Exit)\b|\bDirectory\.GetCurrentDirectory\b")]
    private static partial Regex Ambient();

    [GeneratedRegex(@"\bThread\.Sleep\b|catch\s*(\(\s*Exception\s*\w*\s*\))?\s*\{\s*\}|^\s*#region")]
    private static partial Regex Hiding();

    [GeneratedRegex(@"\bTask\.Delay\((?!.*(timeProvider|time|clock|\.Time\b|Timeout\.Infinite))")]
    private static partial Regex Sleeping();

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utilities|Common)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"(?<![\w.])/(work|root|home)/\w")]
    private static partial Regex MachinePath();
}
