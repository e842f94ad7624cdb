using System.Text.RegularExpressions;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>The examples of docs/sql.md do what the page says.</summary>
public sealed partial class SqlPageTests
{
    [Fact]
    public async Task Its_examples_run()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository(), "docs", "sql.md"), TestContext.Current.CancellationToken);
        var examples = Examples().Matches(page).SelectMany(static m => m.Groups[1].Value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.True(examples.Count > 12, $"{examples.Count} examples.");
        using var folder = new Tarn.Contracts.TemporaryDirectory();
        await using var lake = new SqlLake(options: new LakeOptions { ReadableFolders = [folder.Path] });
        foreach (var root in new[] { lake.Root, folder.Path })
        {
            new ForeignTable(root, root == lake.Root ? "silver.trips" : "trips", SqlLake.Schema("id:long kind:string distance:double"))
                .Add("SELECT range AS id, 'bus' AS kind, range * 1.5 AS distance FROM range(3)")
                .Add("SELECT range + 3 AS id, 'tram' AS kind, range * 2.5 AS distance FROM range(2)");
        }

        foreach (var example in examples)
        {
            var parameters = example.Contains("$version", StringComparison.Ordinal) ? SqlEngineTests.With(("version", 1), ("least", 1)) : null;
            var rows = await lake.RowsAsync(example.Replace("$FOLDER", folder.Path, StringComparison.Ordinal), parameters);
            Assert.True(rows.Count > 0, example);
        }
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tarn.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("No folder above holds Tarn.slnx.");
        }

        return folder;
    }

    [GeneratedRegex("```sql\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Examples();
}
