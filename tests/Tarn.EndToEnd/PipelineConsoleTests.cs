using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>The console's pages of pipelines, runs and nodes, in a real browser over a real server with a pipeline of every kind of task.</summary>
public sealed class PipelineConsoleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_of_pipelines_opens_at_both_widths_light_and_dark_without_errors_or_sideways_scroll()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        await shop.RunAsync("sixty", "success");
        var good = await shop.RunAsync("shops", "success", new JsonObject { ["parameters"] = new JsonObject { ["mode"] = "full" } });
        var bad = await shop.RunAsync("shops", "failed", new JsonObject { ["parameters"] = new JsonObject { ["fail"] = true } });
        await BackfillAsync(shop);
        var day = DateTime.UtcNow.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        string[] paths =
        [
            "/pipelines", "/pipelines/shops", $"/pipelines/shops?run={good}", "/pipelines/shops?tab=grid", "/pipelines/shops?tab=grid&closed=extract", "/pipelines/shops?tab=runs&trigger=backfill",
            $"/pipelines/shops?tab=calendar&day={day}", "/pipelines/shops?tab=backfills", "/pipelines/shops?tab=repairs", "/pipelines/shops?tab=details", "/pipelines/sixty",
            $"/runs/{good}", $"/runs/{bad}?tab=gantt", $"/runs/{bad}?tab=attempts&level=warning", "/nodes",
        ];
        await browser.OpenEverywhereAsync(
            shop.Url,
            paths,
            path => path.StartsWith("/runs/" + bad, StringComparison.Ordinal) ? 1 : 0,
            seen: (page, path, width, scheme) => ScreenshotAsync(
                page, path.Replace(good, "good", StringComparison.Ordinal).Replace(bad, "bad", StringComparison.Ordinal).Replace(day, "day", StringComparison.Ordinal), width, scheme));
    }

    [Fact]
    public async Task A_run_is_started_with_parameters_of_which_the_server_says_what_is_wrong()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        var (page, _) = await browser.OpenAsync(shop.Url);
        await page.GotoAsync("/pipelines/shops");
        await page.GetByLabel("Run shops now").ClickAsync();
        await page.GetByLabel("limit").FillAsync("ten");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start run" }).ClickAsync();
        await page.GetByText("It is a whole number.").WaitForAsync();
        await page.GetByLabel("limit").FillAsync("5000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start run" }).ClickAsync();
        await page.GetByText("it is 1 to 1000").WaitForAsync();
        await page.GetByLabel("limit").FillAsync("10");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start run" }).ClickAsync();
        await page.GetByRole(AriaRole.Log).GetByText("Did the folder").WaitForAsync();
        Assert.Contains("/runs/", page.Url, StringComparison.Ordinal);
        var id = page.Url.Split("/runs/")[1].Split('?')[0];
        var run = await shop.Http.GetFromJsonAsync<JsonObject>($"/api/v1/runs/{id}", Cancellation);
        Assert.Equal(10, run!["parameters"]!["limit"]!.GetValue<int>());

        // Without a reload: a mapped task's count, the branch that was not chosen, and the way to the sub-pipeline's run.
        var graph = page.GetByRole(AriaRole.Group, new() { Name = "Task graph" });
        await graph.GetByText("success, 3 calls").WaitForAsync();
        await graph.Locator("li[data-state=skipped]").GetByText("full").WaitForAsync();
        await graph.GetByText("its run").ClickAsync();
        await page.GetByText("Started by the run").WaitForAsync();
    }

    [Fact]
    public async Task A_backfill_says_what_it_would_run_then_runs_and_is_seen_in_grid_and_calendar()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        var (page, errors) = await browser.OpenAsync(shop.Url);
        await page.GotoAsync("/pipelines/shops?tab=backfills");
        await page.GetByRole(AriaRole.Button, new() { Name = "Backfill", Exact = true }).ClickAsync();
        var from = DateTime.UtcNow.Date.AddDays(-1);
        await page.GetByLabel("From (UTC)").FillAsync(from.ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture));
        await page.GetByLabel("To, not included (UTC)").FillAsync(from.AddHours(4).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture));
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it runs" }).ClickAsync();
        await page.GetByText("It runs 4 intervals.").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start backfill" }).ClickAsync();
        await page.GetByText("4 of 4 done").WaitForAsync();

        await page.GetByRole(AriaRole.Tab, new() { Name = "Grid" }).ClickAsync();
        await page.Locator("[aria-label^='extract.read of'][aria-label*='3 success']").First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "extract 4" }).ClickAsync();
        await page.Locator("[aria-label^='extract.read of']").First.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.Contains("closed=extract", page.Url, StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Tab, new() { Name = "Calendar" }).ClickAsync();
        await page.Locator($"[data-date='{from:yyyy-MM-dd}']").ClickAsync();
        await page.GetByRole(AriaRole.Region, new() { Name = $"Runs of {from:yyyy-MM-dd}" }).GetByText("backfill").First.WaitForAsync();
        Assert.Empty(errors);
    }

    [Fact]
    public async Task A_backfill_is_paused_resumed_and_cancelled_by_its_buttons()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        var to = DateTimeOffset.UtcNow.AddDays(-1);
        using var made = await shop.Http.PostAsJsonAsync(
            "/api/v1/pipelines/slow/backfills", new JsonObject { ["from"] = to.AddHours(-6).ToString("o", CultureInfo.InvariantCulture), ["to"] = to.ToString("o", CultureInfo.InvariantCulture), ["maxActiveRuns"] = 2 }, Cancellation);
        var id = (string)(await made.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!["id"]!;
        var (page, errors) = await browser.OpenAsync(shop.Url);
        await page.GotoAsync("/pipelines/slow?tab=backfills");
        var table = page.GetByRole(AriaRole.Group, new() { Name = "Backfills" });
        await table.GetByText("2 active").WaitForAsync();

        await page.GetByLabel($"Pause backfill {id}").ClickAsync();
        await page.GetByLabel($"Resume backfill {id}").WaitForAsync();
        Assert.Equal("paused", await StateAsync());
        await ScreenshotAsync(page, "/backfill-paused", 1400, ColorScheme.Light);
        await page.GetByLabel($"Resume backfill {id}").ClickAsync();
        await page.GetByLabel($"Pause backfill {id}").WaitForAsync();
        Assert.Equal("running", await StateAsync());

        await page.GetByLabel($"Cancel backfill {id}").ClickAsync();
        await table.GetByText("2 cancelled").WaitForAsync();
        await page.GetByLabel($"Cancel backfill {id}").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.Equal("cancelled", await StateAsync());
        var runs = await shop.Http.GetFromJsonAsync<JsonArray>($"/api/v1/runs?backfill={id}", Cancellation);
        Assert.Equal(["cancelled", "cancelled"], runs!.Select(static r => (string?)r!["state"]));

        await page.GetByRole(AriaRole.Tab, new() { Name = "Details" }).ClickAsync();
        await page.GetByText("failure, sla missed to the default channels").WaitForAsync();
        Assert.Empty(errors);

        async Task<string?> StateAsync() => (string?)(await shop.Http.GetFromJsonAsync<JsonObject>($"/api/v1/backfills/{id}", Cancellation))!["state"];
    }

    [Fact]
    public async Task A_late_row_runs_its_interval_again_and_the_page_says_why_without_a_reload()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        await BackfillAsync(shop);
        var (page, errors) = await browser.OpenAsync(shop.Url);
        await page.GotoAsync("/pipelines/shops?tab=repairs");
        await page.GetByText("No repair yet").WaitForAsync();
        await shop.RunAsync("late", "success", new JsonObject { ["parameters"] = new JsonObject { ["at"] = DateTimeOffset.UtcNow.AddDays(-1).AddHours(2).ToString("o", CultureInfo.InvariantCulture) } });
        var repairs = page.GetByRole(AriaRole.Group, new() { Name = "Repair runs" });
        await repairs.GetByText("silver.sold, version").WaitForAsync();
        await repairs.GetByText("success").ClickAsync();
        await page.GetByText("Cause").WaitForAsync();
        await page.GetByText("event times").WaitForAsync();
        await ScreenshotAsync(page, "/run-repair", 1400, ColorScheme.Light);
        await page.GoBackAsync();
        await repairs.WaitForAsync();
        await ScreenshotAsync(page, "/repairs", 1400, ColorScheme.Light);

        // The process that did it is the one node, and leads.
        await page.GotoAsync("/nodes");
        await page.GetByText("leader").Last.WaitForAsync();
        await page.GetByText("alive").WaitForAsync();
        Assert.Empty(errors);
    }

    private static async Task BackfillAsync(ShopPipelines shop)
    {
        var from = DateTimeOffset.UtcNow.AddDays(-1);
        using var made = await shop.Http.PostAsJsonAsync("/api/v1/pipelines/shops/backfills", new JsonObject { ["from"] = from.ToString("o", CultureInfo.InvariantCulture), ["to"] = from.AddHours(6).ToString("o", CultureInfo.InvariantCulture) }, Cancellation);
        var backfill = await made.Content.ReadFromJsonAsync<JsonObject>(Cancellation);
        Assert.True(made.IsSuccessStatusCode, backfill?.ToJsonString());
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromMinutes(2));
        while (backfill!["endedAt"] is null)
        {
            // Each run that ends moves it on: wait for one that has not.
            var runs = await shop.Http.GetFromJsonAsync<JsonArray>($"/api/v1/runs?backfill={backfill["id"]}", deadline.Token);
            if (runs!.FirstOrDefault(static r => r!["endedAt"] is null) is { } open)
            {
                await shop.Http.GetFromJsonAsync<JsonObject>($"/api/v1/runs/{open["id"]}/wait?timeoutSeconds=10", deadline.Token);
            }

            backfill = await shop.Http.GetFromJsonAsync<JsonObject>($"/api/v1/backfills/{backfill["id"]}", deadline.Token);
        }
    }

    /// <summary>Keeps what the page looks like in artifacts/screenshots/pipelines, or in the folder that TARN_SCREENSHOTS names.</summary>
    private static async Task ScreenshotAsync(IPage page, string path, int width, ColorScheme scheme)
    {
        var root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));
        var folder = Environment.GetEnvironmentVariable("TARN_SCREENSHOTS") ?? Path.Combine(root, "artifacts", "screenshots", "pipelines");
        Directory.CreateDirectory(folder);
        var name = string.Concat(path.Trim('/').Select(static c => char.IsLetterOrDigit(c) ? c : '-'));
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{width}-{scheme.ToString().ToLowerInvariant()}.png"), FullPage = true });
    }
}
