using System.Diagnostics;
using System.Text;
using Tarn.Contracts;

namespace Tarn.Bench;

/// <summary>How long the program takes from its start until it is ready with twenty models, and a change of an endpoint's split until the new variant answers.</summary>
internal static class ServingChanges
{
    private const int Models = 20;
    private const int Changes = 20;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var models = Path.Combine(folder, "models");
        var network = SharedData.Find("models/mobilenetv2-12-int8.onnx") is { } file ? await File.ReadAllBytesAsync(file) : ServingModels.Dense();
        for (var i = 0; i < Models; i++)
        {
            ServingModels.Write(models, FormattableString.Invariant($"model{i}"), 1, i < Models / 2 ? network : ServingModels.Dense());
        }

        ServingModels.Write(models, "model19", 2, ServingModels.Dense());
        await File.WriteAllTextAsync(Path.Combine(models, "model19", "model.json"), """{"versions": "all"}""");
        var starts = new List<double>();
        for (var i = 0; i < 2; i++)
        {
            await using var first = await ServingProcess.StartAsync(Path.Combine(folder, "data"), models);
            starts.Add(first.Started.TotalSeconds);
        }

        await using var server = await ServingProcess.StartAsync(Path.Combine(folder, "data"), models);
        starts.Add(server.Started.TotalSeconds);
        starts.Sort();
        return [Measurement.Under($"start until ready with {Models} models, median of 3", starts[1], "s", 3), await SplitAsync(server.Url)];
    }

    private static async Task<Measurement> SplitAsync(Uri url)
    {
        using var http = new HttpClient { BaseAddress = url };
        await SendAsync(http, HttpMethod.Post, "/api/v1/endpoints", """{"name":"split","model":"model19","reason":"bench","variants":[{"name":"one","version":1,"weight":100},{"name":"two","version":2,"weight":0}]}""");
        var body = Encoding.UTF8.GetBytes($"{{\"instances\": [[{string.Join(',', Enumerable.Repeat("1.0", ServingModels.Features))}]]}}");
        using var client = RawHttp.Post(url, "/v1/models/split:predict", body, "Content-Type: application/json");
        var times = new List<double>();
        for (var change = 0; change < Changes; change++)
        {
            var isTwo = change % 2 == 0;
            var wanted = isTwo ? "X-Tarn-Variant: two" : "X-Tarn-Variant: one";
            var split = SendAsync(http, HttpMethod.Put, "/api/v1/endpoints/split/split", $$"""{"reason":"bench","variants":[{"name":"one","version":1,"weight":{{(isTwo ? 0 : 100)}}},{"name":"two","version":2,"weight":{{(isTwo ? 100 : 0)}}}]}""");
            var clock = Stopwatch.StartNew();
            while (client.Send() != 200 || !client.Answer().Contains(wanted, StringComparison.Ordinal))
            {
                if (clock.Elapsed > TimeSpan.FromSeconds(10))
                {
                    throw new InvalidDataException(client.Answer());
                }
            }

            times.Add(clock.Elapsed.TotalMilliseconds);
            await split;
        }

        times.Sort();
        return Measurement.Under($"change of a split until the other variant answers, slowest of {Changes}", times[^1], "ms", 100);
    }

    private static async Task SendAsync(HttpClient http, HttpMethod method, string path, string json)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using var answer = await http.SendAsync(request);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidDataException(await answer.Content.ReadAsStringAsync());
        }
    }
}
