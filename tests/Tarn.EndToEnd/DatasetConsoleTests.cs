using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tarn.Contracts;
using Tarn.Native;
using Tarn.Training;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>The console's pages of image datasets, in a real browser over a real server; the pictures are drawn.</summary>
public sealed class DatasetConsoleTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_page_of_datasets_opens_at_both_widths_light_and_dark_without_errors_or_sideways_scroll()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        await FillAsync(shop);
        string[] paths = ["/datasets", "/datasets/silver.photos", "/datasets/silver.photos?finding=any", "/datasets/silver.photos?tab=findings", "/datasets/silver.photos?tab=uses", "/datasets/silver.photos?version=0"];

        // The half of a picture, which was kept out, is the only one that cannot be shown.
        await browser.OpenEverywhereAsync(shop.Url, paths, expected: static e => e.Contains("404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Images_are_filtered_by_what_the_address_keeps_and_opened()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        await FillAsync(shop);
        var (page, errors) = await browser.OpenAsync(shop.Url);
        await page.GotoAsync("/datasets");
        await page.GetByRole(AriaRole.Link, new() { Name = "silver.photos" }).ClickAsync();
        var tiles = page.Locator("main ul[aria-label*=image] > li");
        await Assertions.Expect(tiles).ToHaveCountAsync(26);
        await page.WaitForFunctionAsync("() => { const all = [...document.querySelectorAll('main ul[aria-label*=image] img')]; return all.slice(0, 8).every((i) => i.complete && i.naturalWidth > 0); }");

        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Show the 8 .*of other$") }).ClickAsync();
        await Assertions.Expect(tiles).ToHaveCountAsync(8);
        Assert.Contains("label=other", page.Url, StringComparison.Ordinal);
        await page.ReloadAsync();
        await Assertions.Expect(tiles).ToHaveCountAsync(8);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Assertions.Expect(tiles).ToHaveCountAsync(26);

        await page.GotoAsync("/datasets/silver.photos?finding=near_duplicate");
        await Assertions.Expect(tiles).ToHaveCountAsync(2);
        await tiles.First.GetByRole(AriaRole.Button).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog).ToContainTextAsync("It looks like");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "show the 2 images" }).ClickAsync();
        await Assertions.Expect(tiles).ToHaveCountAsync(2);
        Assert.Contains("group=", page.Url, StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Tab, new() { NameRegex = new("^Findings") }).ClickAsync();
        var findings = page.GetByRole(AriaRole.List, new() { Name = "Findings" }).Locator("> li");
        await Assertions.Expect(findings.Filter(new() { HasText = "kept out" })).ToHaveCountAsync(2);
        await Assertions.Expect(findings.Filter(new() { HasText = "tiny.png" })).ToContainTextAsync("32");
        await page.GetByRole(AriaRole.Tab, new() { NameRegex = new("^Test uses") }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Group, new() { Name = "Uses of the test images" }).Locator("tbody tr")).ToHaveCountAsync(2);
        Assert.All(errors, static e => Assert.Contains("404", e, StringComparison.Ordinal));
    }

    // 18 discs with spots, 8 squares, a larger copy of one of them; a half of a picture and a tiny one, which are kept out.
    private async Task FillAsync(ShopPipelines shop)
    {
        for (var i = 0; i < 18; i++)
        {
            Write($"pizza/{i}.jpg", ImageCodec.EncodeJpeg(Draw(i, 200, 150, round: true), 90));
        }

        for (var i = 0; i < 7; i++)
        {
            Write($"other/{i}.jpg", ImageCodec.EncodeJpeg(Draw(100 + i, 150, 200, round: false), 90));
        }

        Write("other/0 larger.jpg", ImageCodec.EncodeJpeg(Draw(100, 300, 400, round: false), 90));
        var whole = ImageCodec.EncodeJpeg(Draw(300, 200, 150, round: true), 90);
        Write("pizza/cut.jpg", whole[..(whole.Length / 2)]);
        Write("pizza/tiny.png", ImageCodec.EncodePng(Draw(301, 20, 20, round: true)));
        var dataset = new ImageDataset(shop.Services.GetRequiredService<Lake.Lake>(), "silver.photos", TimeProvider.System);
        await dataset.ImportAsync(ImageSource.Folder(_folder.Path), null, Cancellation);
        var snapshot = await dataset.SnapshotAsync(null, Cancellation);
        await dataset.UseTestAsync(snapshot, "0191f0c2a4b07d3e8c55aa01bb02cc03", "evaluation", Cancellation);
        await dataset.UseTestAsync(snapshot, "pizza 2 against pizza 1", "gate", Cancellation);
    }

    private void Write(string path, byte[] content)
    {
        var full = _folder.Combine(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
    }

    private static RgbImage Draw(int seed, int width, int height, bool round)
    {
        var random = new Random(seed);
        int[] ground = [random.Next(90, 230), random.Next(90, 230), random.Next(90, 230)], body = [random.Next(150, 255), random.Next(60, 200), random.Next(20, 90)];
        var (cx, cy, radius) = (0.3 + (0.4 * random.NextDouble()), 0.3 + (0.4 * random.NextDouble()), 0.25 + (0.2 * random.NextDouble()));
        var spots = Enumerable.Range(0, 12).Select(_ => (X: random.NextDouble(), Y: random.NextDouble(), R: 0.03 + (0.1 * random.NextDouble()), C: new[] { random.Next(256), random.Next(256), random.Next(256) })).ToArray();
        var image = new RgbImage(width, height);
        var pixels = image.Pixels.Span;
        var unit = (double)Math.Min(width, height);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y, c) = ((i / 3 % width) / (double)width, (i / 3 / width) / (double)height, i % 3);
            var (dx, dy) = ((x - cx) * width / unit, (y - cy) * height / unit);
            var inside = round ? Math.Sqrt((dx * dx) + (dy * dy)) < radius : Math.Max(Math.Abs(dx), Math.Abs(dy)) < radius;
            var colour = inside ? body[c] : ground[c];
            foreach (var spot in spots)
            {
                if (Math.Pow((x - spot.X) * width / unit, 2) + Math.Pow((y - spot.Y) * height / unit, 2) < spot.R * spot.R)
                {
                    colour = spot.C[c];
                }
            }

            pixels[i] = (byte)colour;
        }

        return image;
    }
}
