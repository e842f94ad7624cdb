using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Registry.Tests;

/// <summary>
/// Kills a process that registers versions, as <c>kill -9</c> does, at seeded instants: every version that can be seen has all its files, every one that was answered for is there, and no file
/// is left of one that is not. <c>TARN_KILLS</c> sets how often, <c>TARN_KILL_SEED</c> the instants.
/// </summary>
public sealed class KillTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_half_registered_version_is_left_by_a_kill()
    {
        var kills = Setting("TARN_KILLS", 6);
        var seed = Setting("TARN_KILL_SEED", 5);
        var random = new Random(seed);
        using var folder = new TemporaryDirectory();
        var answered = new HashSet<long>();
        for (var kill = 0; kill < kills; kill++)
        {
            await using (var process = ChildProgram.Start(typeof(KillTests).Assembly.Location, [RegisteringProcess.Verb, folder.Path]))
            {
                await process.WaitForOutputAsync(static o => o.Contains("registered", StringComparison.Ordinal), Cancellation);
                var until = Stopwatch.GetTimestamp() + (Stopwatch.Frequency * random.Next(120) / 1000);
                while (Stopwatch.GetTimestamp() < until)
                {
                    await Task.Yield();
                }

                await process.KillAsync();
                answered.UnionWith(process.Output.Split('\n').Where(static l => l.StartsWith("registered ", StringComparison.Ordinal) && l.Length > 11).Select(static l => long.Parse(l[11..], CultureInfo.InvariantCulture)));
            }

            await CheckAsync(folder.Path, answered, seed);
        }

        Assert.True(answered.Count >= kills, $"seed {seed}: {answered.Count} versions were registered");
    }

    private static async Task CheckAsync(string folder, HashSet<long> answered, int seed)
    {
        await using var store = RegisteringProcess.Open(folder);
        var registry = RegisteringProcess.OpenRegistry(folder, store);
        await registry.OpenAsync(Cancellation);
        var versions = await registry.Models.ListVersionsAsync("pizza", Cancellation);
        Assert.True(answered.IsSubsetOf(versions.Select(static v => v.Version)), $"seed {seed}: a version that was answered for is lost");
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var version in versions)
        {
            Assert.Equal(3, version.Files.Count);
            foreach (var file in version.Files)
            {
                var path = $"{version.Folder}/{file.Path}";
                expected.Add(path);
                await using var stream = await registry.Artifacts.OpenAsync(path, Cancellation);
                Assert.True(stream is not null, $"seed {seed}: {path} is missing");
                Assert.Equal(file.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, Cancellation)));
            }
        }

        var found = (await registry.Artifacts.ListFilesAsync("models", Cancellation)).Select(static f => $"models/{f.Path}").ToHashSet(StringComparer.Ordinal);
        Assert.True(found.SetEquals(expected), $"seed {seed}: {string.Join(", ", found.Except(expected))} is left of no version");
        var champion = await registry.Models.FindByAliasAsync("pizza", RegisteredModels.Champion, Cancellation);
        Assert.Equal(champion?.Version, (await registry.Models.LedgerAsync("pizza", RegisteredModels.Champion, null, 1, Cancellation)).FirstOrDefault()?.To);
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
