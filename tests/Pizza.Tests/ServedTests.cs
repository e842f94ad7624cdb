using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pizza.Drawing;
using Tarn;
using Tarn.Contracts;
using Tarn.Serving;
using Xunit;

namespace Pizza.Tests;

/// <summary>The endpoint <c>pizza</c>, before and after its model is trained.</summary>
public sealed class ServedTests
{
    [Fact]
    public async Task The_endpoint_says_how_to_train_and_answers_once_that_is_done()
    {
        using var folder = new TemporaryDirectory();
        var pizza = new PizzaRun(folder.Path);
        var picture = new DrawnImages(99, 1).Draw(DrawnImages.Pizza, 0);
        await using (var untrained = await pizza.ServeAsync([]))
        {
            using var http = new HttpClient { BaseAddress = untrained.Url };
            var (status, answer) = await AskAsync(http, Picture(picture));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Contains("`tarn train pizza`", (string?)answer["error"], StringComparison.Ordinal);
            Assert.Contains("does not answer: `tarn train pizza`", await SummaryAsync(http), StringComparison.Ordinal);
        }

        var trained = await pizza.TrainAsync("--set", "Pizza:Drawn=40");
        if (!(bool)trained["promoted"]!)
        {
            await pizza.JsonAsync("models", "promote", "pizza", "1");
        }

        await using var server = await pizza.ServeAsync([]);
        using var client = new HttpClient { BaseAddress = server.Url };
        Assert.True(server.Services.GetRequiredService<ModelServer>().Inspect("pizza") is { Default: 1 });
        Assert.Contains("Version 1 is champion and answers at /v1/endpoints/pizza/predict. It is synthetic", await SummaryAsync(client), StringComparison.Ordinal);
        var (fine, said) = await AskAsync(client, Picture(picture));
        Assert.Equal(HttpStatusCode.OK, fine);
        Assert.Equal(("pizza", "1", "champion"), ((string?)said["endpoint"], (string?)said["model_version"], (string?)said["variant"]));
        Assert.Equal((float)said["probability"]!, (float)said["scores"]![(string)said["label"]!]!);

        // The same bytes, otherwise wrapped, are the same picture; and what `predict` says of the model itself is the same.
        var (_, wrapped) = await AskAsync(client, new StringContent(new JsonObject { ["image"] = Convert.ToBase64String(picture) }.ToJsonString(), Encoding.UTF8, "application/json"));
        Assert.Equal(said["scores"]!.ToJsonString(), wrapped["scores"]!.ToJsonString());
        var file = folder.Combine("one.jpg");
        await File.WriteAllBytesAsync(file, picture, TestContext.Current.CancellationToken);
        var line = await pizza.JsonAsync("predict", "pizza", "--image", file, "--server", server.Url.ToString());
        Assert.Equal(((string?)said["label"], "champion", true), ((string?)line["label"], (string?)line["variant"], (bool)line["synthetic"]!));
        var direct = await pizza.JsonAsync("predict", "pizza", "--image", file, "--version", "1", "--server", server.Url.ToString());
        Assert.Equal((float)said["probability"]!, (float)direct["probability"]!, 4);
        var view = JsonNode.Parse(await client.GetStringAsync(new Uri("/api/v1/endpoints/pizza", UriKind.Relative), TestContext.Current.CancellationToken))!;
        Assert.Equal((true, true), ((bool)view["takesImages"]!, (bool)view["synthetic"]!));
        Assert.Contains("pizza", view["labels"]!.AsArray().Select(static l => (string)l!));
    }

    private static ByteArrayContent Picture(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> AskAsync(HttpClient http, HttpContent content)
    {
        using (content)
        {
            using var answer = await http.PostAsync(new Uri("/v1/endpoints/pizza/predict", UriKind.Relative), content, TestContext.Current.CancellationToken);
            return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
        }
    }

    /// <summary>What the system says of itself. The status waits for it two seconds, which a busy machine may exceed: it is asked for up to a minute.</summary>
    private static async Task<string> SummaryAsync(HttpClient http)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            var status = JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), TestContext.Current.CancellationToken))!;
            var summary = (string)status["systems"]!.AsArray().Single(static s => (string?)s!["name"] == "pizza")!["summary"]!;
            if (summary != "It does not say how it is doing." || Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMinutes(1))
            {
                return summary;
            }
        }
    }
}
