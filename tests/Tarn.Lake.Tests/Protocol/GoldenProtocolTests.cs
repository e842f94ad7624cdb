using Tarn.Contracts;
using Xunit;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>
/// The validator and the second reader, on tables that Spark wrote: what Spark makes of them is right, so they must accept it and read the same rows.
/// </summary>
public sealed class GoldenProtocolTests
{
    // Tables that were made to be refused, or whose data files were never made.
    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["checkpoint"] = ["file-missing"],
        ["deltalog-invalid-protocol-version"] = ["file-missing", "protocol-features", "protocol-version"],
        ["versions-not-contiguous"] = ["unreadable", "version-missing"],
    };

    [Fact]
    public void Tables_of_Spark_are_valid()
    {
        var golden = SharedData.Require("delta/golden");
        var problems = new List<string>();
        foreach (var name in Tables(golden))
        {
            var violations = DeltaLogValidator.Validate(Path.Combine(golden, name, "delta"), new DeltaValidatorOptions { OnlyProtocol = true });
            var rules = violations.Select(static v => v.Rule).Distinct().Order(StringComparer.Ordinal).ToList();
            var expected = Known.GetValueOrDefault(name, []);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {(rules.Count == 0 ? "valid" : string.Join(", ", rules))}");
            if (!rules.SequenceEqual(expected))
            {
                problems.Add($"{name}: expected [{string.Join(", ", expected)}]\n  {string.Join("\n  ", violations.Take(6))}");
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void The_second_reader_reads_what_Spark_reads()
    {
        var golden = SharedData.Require("delta/golden");
        var problems = new List<string>();
        var compared = 0;
        foreach (var name in Tables(golden).Where(n => Directory.Exists(Path.Combine(golden, n, "expected"))))
        {
            var table = Path.Combine(golden, name, "delta");
            try
            {
                var expected = DeltaTableReader.ReadPlainRows(table, Directory.GetFiles(Path.Combine(golden, name, "expected"), "*.parquet"));
                var actual = DeltaTableReader.ReadRows(table);
                compared++;
                if (!expected.SequenceEqual(actual))
                {
                    problems.Add($"{name}: {actual.Count} rows, expected {expected.Count}; {actual.Except(expected).FirstOrDefault()} against {expected.Except(actual).FirstOrDefault()}");
                }
            }
            catch (Exception e) when (e is FormatException or Native.DuckDbException)
            {
                problems.Add($"{name}: {e.Message}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{compared} tables compared");
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    private static IEnumerable<string> Tables(string golden) =>
        Directory.GetDirectories(golden).Select(static d => Path.GetFileName(d)!).Where(n => Directory.Exists(Path.Combine(golden, n, "delta", "_delta_log"))).Order(StringComparer.Ordinal);
}
