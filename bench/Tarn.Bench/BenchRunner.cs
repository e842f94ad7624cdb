using System.Globalization;
using System.Text.Json;

namespace Tarn.Bench;

/// <summary>Runs the benchmarks named on the command line, or all, and prints a line for each measurement.</summary>
internal static class BenchRunner
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The benchmarks by name. Each takes a folder of its own and yields its measurements.</summary>
    private static readonly IReadOnlyDictionary<string, Func<string, Task<IReadOnlyList<Measurement>>>> Benchmarks =
        new SortedDictionary<string, Func<string, Task<IReadOnlyList<Measurement>>>>(StringComparer.Ordinal)
        {
            ["append"] = TopicAppend.RunAsync,
            ["commit"] = TableCommits.LatencyAsync,
            ["append10m"] = LakeWrites.AppendAsync,
            ["datasets"] = DatasetSpeed.RunAsync,
            ["embed"] = EmbeddingSpeed.RunAsync,
            ["head"] = HeadEpochs.RunAsync,
            ["headtuning"] = HeadEpochs.TuneAsync,
            ["idle"] = ServerStart.IdleAsync,
            ["images"] = ImageSpeed.RunAsync,
            ["intervals"] = PipelineIntervals.RunAsync,
            ["metadata"] = MetadataWrites.RunAsync,
            ["lag"] = SchedulingLag.RunAsync,
            ["merge"] = LakeWrites.MergeAsync,
            ["onnx"] = ModelRuns.RunAsync,
            ["pipelines"] = PipelineOverhead.RunAsync,
            ["registry"] = RegistryWork.RunAsync,
            ["replay"] = Replay.RunAsync,
            ["scan"] = TableScans.RunAsync,
            ["snapshot"] = TableSnapshots.RunAsync,
            ["serving"] = ServingSmall.RunAsync,
            ["serving-changes"] = ServingChanges.RunAsync,
            ["serving-garbage"] = ServingGarbage.RunAsync,
            ["serving-overload"] = ServingOverload.RunAsync,
            ["serving-images"] = ServingImages.RunAsync,
            ["start"] = ServerStart.StartAsync,
            ["touched"] = TouchedReading.RunAsync,
            ["tune-pizza"] = PizzaTuning.RunAsync,
            ["writers"] = TableCommits.WritersAsync,
        };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var json = args.Contains("--json");
        var names = args.Where(static a => !a.StartsWith('-')).ToList();
        if (names.Find(static n => !Benchmarks.ContainsKey(n)) is { } unknown)
        {
            await errors.WriteLineAsync($"No benchmark is named {unknown}. There are: {string.Join(", ", Benchmarks.Keys)}.");
            return 2;
        }

        var holds = true;
        foreach (var name in names.Count > 0 ? names : [.. Benchmarks.Keys])
        {
            var folder = Directory.CreateTempSubdirectory("tarn-bench-");
            try
            {
                foreach (var measurement in await Benchmarks[name](folder.FullName))
                {
                    await output.WriteLineAsync(json ? JsonSerializer.Serialize(measurement, Json) : Line(measurement));
                    holds &= measurement.Holds;
                }
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        return holds ? 0 : 1;
    }

    private static string Line(Measurement m) => string.Create(
        CultureInfo.InvariantCulture,
        $"{m.Name,-44} {m.Value,12:0.###} {m.Unit,-12} baseline {Text(m.Baseline),10}  ratio {Text(m.Ratio),7}  goal {m.Goal,-20} {(m.Holds ? "holds" : "FAILS")}");

    private static string Text(double? value) => value?.ToString("0.###", CultureInfo.InvariantCulture) ?? "-";
}
