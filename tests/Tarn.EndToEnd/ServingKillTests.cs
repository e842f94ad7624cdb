using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>
/// A server that answers predictions as fast as it can is killed (<c>kill -9</c>) at a seeded instant and started again on the same data: every prediction that a client had the answer of is in
/// <c>gold.predictions</c>, once. How often, <c>TARN_KILLS</c> says; the seed of the first, <c>TARN_KILL_SEED</c>.
/// </summary>
public sealed class ServingKillTests(ITestOutputHelper output)
{
    /// <summary>A model of one operator, Identity of one float.</summary>
    private static readonly byte[] Model = Convert.FromHexString(
        "08083A370A100A017812017922084964656E746974791201675A0F0A0178120A0A08080112040A020801620F0A0179120A0A08080112040A02080142021011");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_answered_prediction_outlives_the_server()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("TARN_KILLS") ?? "3", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("TARN_KILL_SEED") ?? "1", CultureInfo.InvariantCulture);
        using var folder = new TemporaryDirectory();
        var version = Path.Combine(folder.Path, "models", "same", "1");
        Directory.CreateDirectory(version);
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), Model, Cancellation);
        var tarn = new TarnCommand(folder.Combine("data"));
        var answered = new HashSet<string>(StringComparer.Ordinal);
        for (var kill = 0; kill <= kills; kill++)
        {
            var (program, url) = await UpAsync(tarn, folder.Path);
            await using (program)
            {
                using var http = new HttpClient { BaseAddress = url };
                if (kill == 0)
                {
                    using var made = await http.PostAsJsonAsync("/api/v1/endpoints", new { name = "same", model = "same", reason = "test" }, Cancellation);
                    Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync(Cancellation));
                }

                await AllThereAsync(http, answered, seed + kill - 1);
                if (kill < kills)
                {
                    var most = new Random(seed + kill).Next(50, 3000);
                    var ids = await AskUntilAsync(url, most, program);
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed + kill}: killed after {ids.Count} answers"));
                    answered.UnionWith(ids);
                }
            }
        }
    }

    private static async Task<(ChildProgram Program, Uri Url)> UpAsync(TarnCommand tarn, string folder)
    {
        Directory.CreateDirectory(tarn.DataDirectory);
        File.Delete(Path.Combine(tarn.DataDirectory, "server.json"));
        return await tarn.UpAsync("pizza", "--set", $"Serving:Folder={Path.Combine(folder, "models")}");
    }

    /// <summary>Asks from several connections at once; after so many answers the server is killed. Gives the ids of all answers that arrived whole.</summary>
    private static async Task<IReadOnlyCollection<string>> AskUntilAsync(Uri url, int most, ChildProgram server)
    {
        var (ids, count) = (new ConcurrentBag<string>(), 0);
        var clients = Enumerable.Range(0, 8).Select(async _ =>
        {
            using var http = new HttpClient { BaseAddress = url };
            while (true)
            {
                try
                {
                    using var content = new StringContent("""{"instances": [1.5]}""", Encoding.UTF8, "application/json");
                    using var answer = await http.PostAsync(new Uri("/v1/endpoints/same/predict", UriKind.Relative), content, Cancellation);
                    var body = await answer.Content.ReadAsStringAsync(Cancellation);
                    Assert.True(answer.IsSuccessStatusCode, body);
                    ids.Add(JsonNode.Parse(body)!["prediction_id"]!.GetValue<string>());
                    if (Interlocked.Increment(ref count) == most)
                    {
                        await server.KillAsync();
                    }
                }
                catch (Exception gone) when (gone is HttpRequestException or IOException)
                {
                    Assert.True(ids.Count >= most, $"The server went away before it was killed: {gone.Message}");
                    return;
                }
            }
        });
        await Task.WhenAll(clients);
        return ids;
    }

    private static async Task AllThereAsync(HttpClient http, HashSet<string> answered, int seed)
    {
        if (answered.Count == 0)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        List<(string Id, int Times)> found = [];
        while (!answered.IsSubsetOf(found.Select(static f => f.Id)))
        {
            Assert.False(limit.IsCancellationRequested, $"seed {seed}: {answered.Except(found.Select(static f => f.Id)).Count()} of {answered.Count} answered predictions are not in the table.");
            using var reply = await http.PostAsJsonAsync("/api/v1/query", new { sql = "SELECT prediction_id, count(*) AS n FROM gold.predictions GROUP BY 1", maxRows = 100_000 }, Cancellation);
            var rows = (await reply.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!["rows"]!.AsArray();
            found = [.. rows.Select(static r => (r![0]!.GetValue<string>(), int.Parse(r[1]!.ToString(), CultureInfo.InvariantCulture)))];
        }

        Assert.DoesNotContain(found, static f => f.Times != 1);
    }
}
