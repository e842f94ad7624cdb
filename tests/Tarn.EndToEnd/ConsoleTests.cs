using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Tarn.Contracts;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>The console in a real browser over a real server, fed by a feed in the test's hands.</summary>
public sealed class ConsoleTests
{
    private static readonly DateTimeOffset Start = new(2024, 3, 8, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_opens_at_both_widths_light_and_dark_without_errors_or_sideways_scroll()
    {
        await using var browser = await Browser.StartAsync();
        using var folder = new TemporaryDirectory();
        var tarn = new TarnCommand(folder.Combine("data"));
        var (server, url) = await tarn.UpAsync("--feed", "simulated");
        await using var stop = server;
        await RunAsync(url, "earthquakes-minibatch");
        var run = (await new HttpClient { BaseAddress = url }.GetFromJsonAsync<JsonArray>("/api/v1/runs?limit=1", Cancellation))![0]!["id"]!.GetValue<string>();

        string[] paths =
        [
            "/", "/pipelines", "/pipelines/earthquakes-minibatch", $"/runs/{run}", "/tables", "/tables/silver.earthquakes", "/topics", "/topics/earthquakes", "/quakes",
        ];
        await browser.OpenEverywhereAsync(url, paths, seen: ScreenshotAsync);
    }

    [Fact]
    public async Task Filters_narrow_the_table_stand_in_the_address_and_survive_a_reload()
    {
        await using var quakes = await QuakesPage.OpenAsync();
        var page = quakes.Page;
        await page.GotoAsync("/quakes?range=30d");
        await ExpectRowsAsync(page, 40);
        await page.GotoAsync("/quakes?range=30d&min=3");
        await ExpectRowsAsync(page, 10);
        await page.GetByLabel("Text").FillAsync("Ridgecrest");
        await ExpectRowsAsync(page, 1);
        await page.ReloadAsync();
        await ExpectRowsAsync(page, 1);
        Assert.Contains("q=Ridgecrest", page.Url, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Reset" }).ClickAsync();
        await page.WaitForURLAsync(static url => !url.Contains("q=", StringComparison.Ordinal));
        Assert.Empty(quakes.Errors);
    }

    [Fact]
    public async Task A_new_event_and_a_revision_appear_without_reload()
    {
        await using var quakes = await QuakesPage.OpenAsync();
        var page = quakes.Page;
        await page.GotoAsync("/quakes?range=30d");
        await ExpectRowsAsync(page, 40);
        await page.EvaluateAsync("() => { window.notReloaded = true; }");

        quakes.Feed.Now = quakes.Feed.Now.AddMinutes(10);
        quakes.Feed.Publish(QuakesAgainstReferenceTests.Feature("new1", quakes.Feed.Now.AddMinutes(-2), quakes.Feed.Now, 6.4, gap: 20, place: "5 km N of Newtown"));
        await RunAsync(quakes.Url, "earthquakes-minibatch");
        await page.GetByRole(AriaRole.Region, new() { Name = "Events", Exact = true }).GetByText("5 km N of Newtown").WaitForAsync();
        await ExpectRowsAsync(page, 41);
        Assert.True(await page.EvaluateAsync<bool>("() => window.notReloaded === true"));

        // Before the new event was known, the page does not know it either.
        await page.GotoAsync($"/quakes?range=30d&at={Uri.EscapeDataString(Start.AddMinutes(6).ToString("o", CultureInfo.InvariantCulture))}");
        await ExpectRowsAsync(page, 40);
        await page.GetByRole(AriaRole.Button, new() { Name = "Back to now" }).ClickAsync();
        await ExpectRowsAsync(page, 41);
        Assert.Empty(quakes.Errors);
    }

    [Fact]
    public async Task A_pipeline_is_run_from_its_page_and_its_log_is_shown()
    {
        await using var quakes = await QuakesPage.OpenAsync();
        var page = quakes.Page;
        await page.GotoAsync("/pipelines/earthquakes-minibatch");
        await page.GetByLabel("Run earthquakes-minibatch now").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start run" }).ClickAsync();
        await page.GetByRole(AriaRole.Log).GetByText("Asking").First.WaitForAsync();
        await page.GetByText("success", new() { Exact = false }).First.WaitForAsync();
        Assert.Contains("/runs/", page.Url, StringComparison.Ordinal);
        Assert.Empty(quakes.Errors);
    }

    [Fact]
    public async Task The_SQL_box_answers_and_explains_its_errors()
    {
        await using var quakes = await QuakesPage.OpenAsync();
        var page = quakes.Page;
        await page.GotoAsync("/tables");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "SQL", Exact = true }).FillAsync("select count(*) as quakes_found from silver.earthquakes");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "SQL", Exact = true }).PressAsync("Control+Enter");
        await page.GetByText("quakes_found").Last.WaitForAsync();
        await page.GetByText("1 row in").WaitForAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "SQL", Exact = true }).FillAsync("select * from silver.earthquake");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "SQL", Exact = true }).PressAsync("Control+Enter");
        await page.GetByRole(AriaRole.Alert).GetByText("silver.earthquakes").First.WaitForAsync();
    }

    [Fact]
    public async Task What_stands_in_the_SQL_box_stays_while_somebody_is_in_it()
    {
        const string Written = "select 2 as two";
        await using var quakes = await QuakesPage.OpenAsync();
        var page = quakes.Page;
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.RouteAsync("**/api/v1/tables", async route =>
        {
            await held.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync("/tables");
        var box = page.GetByRole(AriaRole.Textbox, new() { Name = "SQL", Exact = true });
        await box.FocusAsync();
        await page.Keyboard.PressAsync("Control+A");
        held.SetResult();
        await page.GetByRole(AriaRole.Link, new() { Name = "silver.earthquakes", Exact = true }).First.WaitForAsync();
        await page.Keyboard.InsertTextAsync(Written);
        Assert.Equal(Written, await box.InputValueAsync());
        await page.Keyboard.PressAsync("Control+Enter");
        await page.GetByText("1 row in").WaitForAsync();

        // Nobody was in the box yet: it proposes a query of a table that is there.
        await page.EvaluateAsync("() => localStorage.clear()");
        await page.GotoAsync("/tables");
        await Assertions.Expect(box).ToHaveValueAsync("select *\nfrom silver.earthquakes\nlimit 100");
        await box.PressAsync("Control+Enter");
        await page.GetByText("40 rows in").WaitForAsync();
        Assert.Empty(quakes.Errors);
    }

    private static async Task ExpectRowsAsync(IPage page, int count) =>
        await page.Locator($"table[aria-rowcount='{count + 1}']").WaitForAsync();

    private static async Task RunAsync(Uri url, string pipeline)
    {
        using var http = new HttpClient { BaseAddress = url };
        using var started = await http.PostAsJsonAsync($"/api/v1/pipelines/{pipeline}/runs", new JsonObject(), Cancellation);
        var id = (await started.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!["id"]!.GetValue<string>();
        JsonObject? run;
        do
        {
            run = await http.GetFromJsonAsync<JsonObject>($"/api/v1/runs/{id}/wait?timeoutSeconds=30", Cancellation);
        }
        while (run!["endedAt"] is null);
        Assert.Equal("success", (string?)run["state"]);
    }

    /// <summary>Keeps what the page looks like: in artifacts/screenshots, and for the README where TARN_UPDATE_SCREENSHOTS is set.</summary>
    private static async Task ScreenshotAsync(IPage page, string path, int width, ColorScheme scheme)
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ChildProgram.Find("systems/Gallery"))!, "../../../../.."));
        var name = path.Trim('/').Split('/') is var parts && parts[0].Length == 0 ? "overview" : string.Join('-', parts.Length > 1 && parts[0] == "runs" ? ["run"] : parts);
        var file = Path.Combine(root, "artifacts", "screenshots", $"{name}-{width}-{scheme.ToString().ToLowerInvariant()}.png");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (path == "/quakes")
        {
            await page.Locator("canvas").First.WaitForAsync();
            await page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        }

        await page.ScreenshotAsync(new PageScreenshotOptions { Path = file, FullPage = width == 360 });
        if (path == "/quakes" && width == 1400 && scheme == ColorScheme.Light && Environment.GetEnvironmentVariable("TARN_UPDATE_SCREENSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.Combine(root, "docs", "images"));
            File.Copy(file, Path.Combine(root, "docs", "images", "quakes.png"), overwrite: true);
        }
    }

    /// <summary>A server on a feed with 40 known events, and a page of a browser on it.</summary>
    private sealed class QuakesPage : IAsyncDisposable
    {
        private readonly TemporaryDirectory _folder = new();
        private Browser? _browser;
        private ChildProgram? _server;

        public required FakeUsgs Feed { get; init; }

        public Uri Url { get; private set; } = new("http://127.0.0.1");

        public IPage Page { get; private set; } = null!;

        public List<string> Errors { get; private set; } = [];

        public static async Task<QuakesPage> OpenAsync()
        {
            var browser = await Browser.StartAsync();
            var feed = await FakeUsgs.StartAsync();
            feed.Now = Start;
            for (var i = 0; i < 40; i++)
            {
                var time = Start.AddHours(-7 * i);
                feed.Publish(QuakesAgainstReferenceTests.Feature($"ev{i:00}", time, time.AddMinutes(4), i < 10 ? 3.5 + (i * 0.3) : 1.5, gap: 50, place: i == 3 ? "14 km E of Ridgecrest, CA" : "9 km S of Elsewhere, AK"));
            }

            var opened = new QuakesPage { Feed = feed, _browser = browser };
            var tarn = new TarnCommand(opened._folder.Combine("data"), new Dictionary<string, string?> { ["TARN__QUAKES__FEEDURL"] = feed.Url });
            (opened._server, opened.Url) = await tarn.UpAsync();
            await RunAsync(opened.Url, "earthquakes-minibatch");
            (opened.Page, opened.Errors) = await browser.OpenAsync(opened.Url);

            // The feed's events are of 2024: the page's clock is set to that time.
            await opened.Page.Clock.SetFixedTimeAsync(Start.AddMinutes(20).UtcDateTime);
            return opened;
        }

        public async ValueTask DisposeAsync()
        {
            await _browser!.DisposeAsync();
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }

            await Feed.DisposeAsync();
            _folder.Dispose();
        }
    }
}
