using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tarn.Native;
using Xunit;

namespace Tarn.Tests;

/// <summary>Pictures as people send them, feedback on what is said of them, and shadows that see them, too.</summary>
public sealed class PictureTests(EndpointServer server) : IClassFixture<EndpointServer>, IAsyncLifetime
{
    private const string Path = "/v1/endpoints/shade/predict";

    private static readonly byte[] Dark = ImageCodec.EncodeJpeg(Painted(10));
    private static readonly byte[] Bright = ImageCodec.EncodePng(Painted(240));

    public async ValueTask InitializeAsync()
    {
        if (server.Models.Inspect("shade") is null)
        {
            await server.AddShadeAsync();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_file_is_answered_with_its_label_scores_version_and_times()
    {
        var answer = await SendAsync(Bytes(Dark, "image/jpeg"));

        Assert.Equal(("shade", "shade", "1", "champion", "dark"), ((string?)answer["endpoint"], (string?)answer["model"], (string?)answer["model_version"], (string?)answer["variant"], (string?)answer["label"]));
        Assert.Equal((double?)answer["probability"], (double?)answer["scores"]!["dark"]);
        Assert.Equal(1.0, (double)answer["scores"]!["dark"]! + (double)answer["scores"]!["bright"]!, 4);
        Assert.True(Guid.TryParse((string?)answer["prediction_id"], out _));
        Assert.True((double)answer["total_ms"]! >= (double)answer["timings"]!["compute_ms"]!);
    }

    [Fact]
    public async Task A_file_of_another_type_a_form_base_64_and_a_data_address_are_the_same_picture()
    {
        using var form = new MultipartFormDataContent { { Bytes(Bright, "image/png"), "image", "day.png" } };
        var base64 = Convert.ToBase64String(Bright);
        foreach (var content in (HttpContent[])[Bytes(Bright, "image/png"), Bytes(Bright, "application/octet-stream"), form, Json($$"""{"image": "{{base64}}"}"""), Json($$"""{"b64": "{{base64}}"}"""), Json($$"""{"image": "data:image/png;base64,{{base64}}"}""")])
        {
            Assert.Equal("bright", (string?)(await SendAsync(content))["label"]);
        }
    }

    [Fact]
    public async Task Several_pictures_are_answered_in_their_order_each_by_itself()
    {
        var answer = await SendAsync(Json($$"""{"instances": [{"image": "{{Convert.ToBase64String(Dark)}}"}, {"image": "AAAA"}, {"image": "{{Convert.ToBase64String(Bright)}}"}, {"image": "?"}]}"""));

        var predictions = answer["predictions"]!.AsArray();
        Assert.Equal(["dark", null, "bright", null], predictions.Select(static p => (string?)p!["label"]));
        Assert.All([predictions[1]!, predictions[3]!], static p => Assert.True(p["error"] is not null && p["remedy"] is not null));
        using var form = new MultipartFormDataContent { { Bytes(Dark, "image/jpeg"), "a", "a.jpg" }, { Bytes(Bright, "image/png"), "b", "b.png" } };
        Assert.Equal(["dark", "bright"], (await SendAsync(form))["predictions"]!.AsArray().Select(static p => (string?)p!["label"]));
    }

    [Theory]
    [InlineData("application/json", """{"url": "http://127.0.0.1:1/x.jpg"}""", 400)]
    [InlineData("application/json", """{"url": "http://169.254.169.254/latest/meta-data"}""", 400)]
    [InlineData("application/json", """{"url": "file:///etc/passwd"}""", 400)]
    [InlineData("application/json", """{"url": 5}""", 400)]
    [InlineData("application/json", """{}""", 400)]
    [InlineData("application/json", """{"instances": []}""", 400)]
    [InlineData("application/json", "", 400)]
    [InlineData("application/json", """{"image": "AAAA"}""", 400)]
    [InlineData("image/jpeg", "no picture", 400)]
    [InlineData("image/png", "", 400)]
    [InlineData("multipart/form-data; boundary=x", "--x--\r\n", 400)]
    [InlineData("multipart/form-data", "no boundary", 400)]
    [InlineData("text/plain", "hello", 415)]
    public async Task What_is_no_picture_is_refused_with_the_reason(string type, string body, int status)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var answer = await server.Server.Http.PostAsync(new Uri(Path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        Assert.NotEmpty(JsonNode.Parse(text)!["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_picture_of_more_pixels_than_may_be_is_refused_before_it_is_decoded()
    {
        // A PNG's header alone: 60,000 by 60,000.
        byte[] bomb = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0, 0, 0, 0, 0];
        using var answer = await server.Server.Http.PostAsync(new Uri(Path, UriKind.Relative), Bytes(bomb, "image/png"), TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Feedback_is_counted_for_the_variant_that_answered()
    {
        var before = await CountsAsync("champion");
        var right = await SendAsync(Bytes(Dark, "image/jpeg"));
        var wrong = await SendAsync(Bytes(Bright, "image/png"));
        await FeedbackAsync((string)right["prediction_id"]!, "\"label\": \"dark\"");
        await FeedbackAsync((string)wrong["prediction_id"]!, "\"correct\": false");

        var after = await CountsAsync("champion");
        Assert.Equal((1, 1), ((int)after["positive"]! - (int)before["positive"]!, (int)after["negative"]! - (int)before["negative"]!));
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/v1/endpoints/half/feedback", $$"""{"prediction_id": "{{right["prediction_id"]}}", "correct": true}""");
        Assert.True(status == 400 && body["error"]!.GetValue<string>().Contains("/v1/endpoints/shade/feedback", StringComparison.Ordinal), $"{status}: {body}");
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Post, "/v1/endpoints/shade/feedback", """{"prediction_id": "x", "correct": true}""")).Status);
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Post, "/v1/endpoints/shade/feedback", $$"""{"prediction_id": "{{right["prediction_id"]}}"}""")).Status);
    }

    [Fact]
    public async Task A_shadow_sees_what_the_champion_was_asked_and_answers_nobody()
    {
        await using var own = new EndpointServer();
        await own.InitializeAsync();
        await own.SplitAsync("""{"variants": [{"alias": "champion", "weight": 1}], "shadows": [{"name": "next", "version": 2, "fraction": 1}]}""");
        for (var i = 0; i < 20; i++)
        {
            var answer = await own.AskAsync(4);
            Assert.Equal(("champion", 4.0), ((string?)answer["variant"], (double)answer["predictions"]![0]!));
        }

        await EndpointServer.WaitAsync(async () => (int)(await own.Server.GetAsync("/api/v1/endpoints/half"))["shadows"]![0]!["counts"]!["requests"]! == 20);
        var counts = (await own.Server.GetAsync("/api/v1/endpoints/half"))["shadows"]![0]!["counts"]!;
        Assert.Equal((0, 20), ((int)counts["agreed"]!, (int)counts["disagreed"]!));
    }

    private static RgbImage Painted(byte shade)
    {
        var image = new RgbImage(40, 30);
        image.Pixels.Span.Fill(shade);
        return image;
    }

    private static ByteArrayContent Bytes(byte[] bytes, string type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private async Task<JsonNode> SendAsync(HttpContent content)
    {
        using var answer = await server.Server.Http.PostAsync(new Uri(Path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    private async Task<JsonNode> CountsAsync(string variant) =>
        (await server.Server.GetAsync("/api/v1/endpoints/shade"))["variants"]!.AsArray().Single(v => (string?)v!["name"] == variant)!["counts"]!;

    private async Task FeedbackAsync(string id, string says)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/v1/endpoints/shade/feedback", $$"""{"prediction_id": "{{id}}", {{says}}}""");
        Assert.True(status == 202 && (bool)body["counted"]!, $"{status}: {body}");
    }
}
