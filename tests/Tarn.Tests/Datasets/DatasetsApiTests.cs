using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Native;
using Tarn.Training;
using Xunit;

namespace Tarn.Tests;

public sealed class DatasetsApiTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Photos = "/api/v1/datasets/silver.photos";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Lake.Lake Lake => server.Host.Services.GetRequiredService<Lake.Lake>();

    [Fact]
    public async Task A_dataset_is_found_counted_and_paged()
    {
        using var drawn = new DrawnDataset();
        await drawn.ImportAsync(Lake);
        var listed = Assert.Single((await server.GetAsync("/api/v1/datasets")).AsArray(), static d => (string?)d!["name"] == "silver.photos")!;
        Assert.Equal((18, 2, 3, 2), ((int)listed["images"]!, (int)listed["classes"]!, (int)listed["quarantined"]!, (int)listed["testUses"]!));
        Assert.Equal(18, (int)listed["train"]! + (int)listed["validation"]! + (int)listed["test"]!);
        Assert.Equal(6, listed["samples"]!.AsArray().Distinct().Count());

        var details = await server.GetAsync(Photos);
        Assert.Equal([("other", 6), ("pizza", 12)], details["classes"]!.AsArray().Select(static c => ((string)c!["label"]!, (int)c["all"]!)));
        Assert.Equal((17, 1), ((int)details["formats"]!["jpeg"]!, (int)details["formats"]!["png"]!));
        Assert.Equal((64, 180), ((int)details["widths"]!["least"]!, (int)details["widths"]!["most"]!));
        var checks = details["checks"]!.AsArray().ToDictionary(static c => (string)c!["check"]!, static c => ((int)c!["keptOut"]!, (int)c["told"]!, (int)c["images"]!));
        Assert.Equal((1, 0, 0), checks["truncated"]);
        Assert.Equal((1, 0, 0), checks["tiny"]);
        Assert.Equal((1, 0, 0), checks["duplicate"]);
        Assert.Equal((0, 1, 2), checks["near_duplicate"]);
        Assert.Equal((0, 1, 1), checks["wrong_extension"]);
        Assert.Equal([("run-1", 0), ("run-2", 1)], details["testUses"]!.AsArray().Select(static u => ((string)u!["usedBy"]!, (int)u["earlier"]!)));

        var all = await server.GetAsync($"{Photos}/images?limit=1000");
        Assert.Equal((18, 18), ((int)all["total"]!, all["images"]!.AsArray().Count));
        var second = await server.GetAsync($"{Photos}/images?limit=5&offset=5");
        Assert.Equal(Hashes(all)[5..10], Hashes(second));
        Assert.Equal(18, (int)second["total"]!);
        Assert.Empty((await server.GetAsync($"{Photos}/images?offset=50"))["images"]!.AsArray());
        Assert.Equal(6, (int)(await server.GetAsync($"{Photos}/images?label=other"))["total"]!);
        Assert.Equal((int)listed["test"]!, (int)(await server.GetAsync($"{Photos}/images?split=test"))["total"]!);
        var pair = (await server.GetAsync($"{Photos}/images?finding=near_duplicate"))["images"]!.AsArray();
        Assert.Equal(["other/0 larger.jpg", "other/0.jpg"], pair.Select(static i => (string)i!["path"]!).Order(StringComparer.Ordinal));
        Assert.All(pair, static i => Assert.Equal(2, (int)i!["groupSize"]!));
        Assert.Equal(2, (int)(await server.GetAsync($"{Photos}/images?group={pair[0]!["group"]}"))["total"]!);
        Assert.Equal(3, (int)(await server.GetAsync($"{Photos}/images?finding=any"))["total"]!);
        var wrong = Assert.Single((await server.GetAsync($"{Photos}/images?finding=wrong_extension"))["images"]!.AsArray())!;
        Assert.Equal(("other/called.jpg", "png"), ((string)wrong["path"]!, (string)wrong["format"]!));
        Assert.Contains("png", (string)wrong["findings"]![0]!["reason"]!, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_was_kept_out_has_its_reason_and_its_picture_where_it_has_one()
    {
        using var drawn = new DrawnDataset();
        await drawn.ImportAsync(Lake, "silver.kept");
        var found = await server.GetAsync("/api/v1/datasets/silver.kept/findings?keptOut=true");
        Assert.Equal(3, (int)found["total"]!);
        var tiny = found["findings"]!.AsArray().Single(static f => (string)f!["check"]! == "tiny")!;
        Assert.Equal("pizza/tiny.png", (string)tiny["subject"]!);
        Assert.NotEmpty((string)tiny["reason"]!);
        var picture = await PictureAsync("silver.kept", (string)tiny["sha256"]!, 64);
        Assert.Equal((20, 20), (picture.Width, picture.Height));
        var twice = Assert.Single((await server.GetAsync("/api/v1/datasets/silver.kept/findings?check=duplicate"))["findings"]!.AsArray())!;
        Assert.NotNull(twice["relatedSha256"]);
        Assert.True((bool)twice["keptOut"]!);
        Assert.Equal(2, (int)(await server.GetAsync("/api/v1/datasets/silver.kept/findings?keptOut=false&limit=1"))["total"]!);

        // The half of a picture is none.
        var cut = found["findings"]!.AsArray().Single(static f => (string)f!["check"]! == "truncated")!;
        Assert.Contains("no picture", (await server.GetAsync($"/api/v1/datasets/silver.kept/thumbnails/{cut["sha256"]}", 404))["rule"]!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_thumbnail_is_asked_for_by_hash_and_fits_its_square(bool keep)
    {
        using var drawn = new DrawnDataset();
        var name = keep ? "silver.held" : "silver.referred";
        await drawn.ImportAsync(Lake, name, keep);
        var images = (await server.GetAsync($"/api/v1/datasets/{name}/images?label=pizza&limit=2"))["images"]!.AsArray();
        var (first, other) = ((string)images[0]!["sha256"]!, images[1]!);
        var small = await PictureAsync(name, first, 40);
        Assert.Equal((40, 30), (small.Width, small.Height));
        var own = await PictureAsync(name, first, 512);
        Assert.Equal((120, 90), (own.Width, own.Height));

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/api/v1/datasets/{name}/thumbnails/{first}?size=40", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("If-None-Match", $"\"{first}-40\"");
        using var again = await server.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Contains("immutable", again.Headers.CacheControl!.ToString(), StringComparison.Ordinal);

        // Another file in its place is not shown as the image; where the table has the bytes, these are.
        File.WriteAllBytes(Path.Combine(drawn.Folder, (string)other["path"]!), File.ReadAllBytes(Path.Combine(drawn.Folder, "other/1.jpg")));
        if (keep)
        {
            var kept = await PictureAsync(name, (string)other["sha256"]!, 512);
            Assert.Equal((120, 90), (kept.Width, kept.Height));
        }
        else
        {
            await server.GetAsync($"/api/v1/datasets/{name}/thumbnails/{other["sha256"]}", 404);
        }
    }

    [Fact]
    public async Task A_version_stays_to_be_seen_and_a_newer_one_shows_at_once()
    {
        using var drawn = new DrawnDataset();
        var dataset = await drawn.ImportAsync(Lake, "silver.grown");
        var before = await server.GetAsync("/api/v1/datasets/silver.grown");
        File.WriteAllBytes(Path.Combine(drawn.Folder, "pizza/new.png"), ImageCodec.EncodePng(new RgbImage(50, 40)));
        await dataset.ImportAsync(ImageSource.Folder(drawn.Folder), null, Cancellation);
        Assert.Equal(19, (int)(await server.GetAsync("/api/v1/datasets/silver.grown"))["dataset"]!["images"]!);
        var then = await server.GetAsync($"/api/v1/datasets/silver.grown?version={before["dataset"]!["version"]}");
        Assert.Equal(18, (int)then["dataset"]!["images"]!);
        Assert.Equal(18, (int)(await server.GetAsync($"/api/v1/datasets/silver.grown/images?version={before["dataset"]!["version"]}"))["total"]!);
        await server.GetAsync("/api/v1/datasets/silver.grown?version=999", 404);
    }

    [Fact]
    public async Task What_cannot_be_meant_is_refused()
    {
        using var drawn = new DrawnDataset();
        await drawn.ImportAsync(Lake, "silver.strict");
        const string strict = "/api/v1/datasets/silver.strict";
        await server.GetAsync("/api/v1/datasets/silver.none", 404);
        await server.GetAsync("/api/v1/datasets/nonsense", 400);
        Assert.Contains("this table is none", (string)(await server.GetAsync("/api/v1/datasets/silver.strict_quarantine", 404))["rule"]!, StringComparison.Ordinal);
        await server.GetAsync($"{strict}/images?split=exam", 400);
        await server.GetAsync($"{strict}/images?finding=ugly", 400);
        await server.GetAsync($"{strict}/images?limit=0", 400);
        await server.GetAsync($"{strict}/images?offset=-1", 400);
        await server.GetAsync($"{strict}/findings?check=ugly", 400);
        var hash = Hashes(await server.GetAsync($"{strict}/images"))[0];
        foreach (var wrong in new[] { "pizza%2F0.jpg", "..%2F..%2Fetc%2Fpasswd", hash[..63], hash.ToUpperInvariant() + "0" })
        {
            await server.GetAsync($"{strict}/thumbnails/{wrong}", 400);
        }

        await server.GetAsync($"{strict}/thumbnails/{hash}?size=15", 400);
        await server.GetAsync($"{strict}/thumbnails/{hash}?size=513", 400);
        await server.GetAsync($"{strict}/thumbnails/{new string('0', 64)}", 404);
    }

    [Fact]
    public async Task The_api_is_documented()
    {
        var paths = (await server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject().ToDictionary(static p => p.Key.TrimEnd('/'), static p => p.Value);
        foreach (var path in new[] { "", "/{dataset}", "/{dataset}/images", "/{dataset}/findings", "/{dataset}/thumbnails/{sha256}" })
        {
            Assert.NotEmpty((string)paths[$"/api/v1/datasets{path}"]!["get"]!["summary"]!);
        }

        Assert.NotNull(paths["/api/v1/datasets/{dataset}/thumbnails/{sha256}"]!["get"]!["responses"]!["200"]!["content"]!["image/jpeg"]);
    }

    private static List<string> Hashes(JsonNode page) => [.. page["images"]!.AsArray().Select(static i => (string)i!["sha256"]!)];

    private async Task<RgbImage> PictureAsync(string dataset, string sha256, int size)
    {
        using var answer = await server.Http.GetAsync(new Uri($"/api/v1/datasets/{dataset}/thumbnails/{sha256}?size={size}", UriKind.Relative), Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("image/jpeg", answer.Content.Headers.ContentType!.MediaType);
        return ImageCodec.Decode(await answer.Content.ReadAsByteArrayAsync(Cancellation));
    }
}
