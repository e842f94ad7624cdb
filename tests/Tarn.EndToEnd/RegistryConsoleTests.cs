using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>The console's pages of experiments, training runs and models, in a real browser over a real server; what they show is logged in MLflow's way.</summary>
public sealed class RegistryConsoleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_of_the_registry_opens_at_both_widths_light_and_dark_without_errors_or_sideways_scroll()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        var runs = await FillAsync(shop);
        string[] paths =
        [
            "/experiments", "/experiments/1", "/experiments/1?tab=compare", "/experiments/1?filter=metrics.accuracy%20%3E%200.9&sort=-metric:accuracy", $"/training-runs/{runs[0]}",
            "/models", "/models/pizza", "/models/pizza?tab=ledger", "/models/pizza?version=2",
        ];
        await browser.OpenEverywhereAsync(shop.Url, paths);
    }

    [Fact]
    public async Task Runs_are_filtered_chosen_and_compared()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        await FillAsync(shop);
        var (page, errors) = await browser.OpenAsync(shop.Url);
        await page.GotoAsync("/experiments");
        await page.GetByRole(AriaRole.Link, new() { Name = "pizza" }).ClickAsync();
        await page.GetByLabel("Filter").FillAsync("params.head = 'mlp'");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        var rows = page.GetByRole(AriaRole.Group, new() { Name = "Training runs" }).Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await page.GetByLabel("Compare r0").CheckAsync();
        await page.GetByLabel("Compare r2").CheckAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Compare" }).ClickAsync();
        var compared = page.GetByRole(AriaRole.Group, new() { Name = "Runs compared" });
        await Assertions.Expect(compared.Locator("tbody tr", new() { HasText = "lr" })).ToContainTextAsync("0.2");
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("Parallel coordinates of 2 runs") })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("accuracy over its steps") })).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Assertions.Expect(compared.Locator("thead a")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Tab, new() { Name = "Runs" }).ClickAsync();
        await page.GetByLabel("Filter").FillAsync("nonsense");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await Assertions.Expect(page.Locator("main [role=alert]").First).ToContainTextAsync("attribute");
        Assert.All(errors, static e => Assert.Contains("400", e, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_version_is_promoted_and_rolled_back_and_the_ledger_tells_it()
    {
        await using var browser = await Browser.StartAsync();
        await using var shop = await ShopPipelines.StartAsync();
        await FillAsync(shop);
        var (page, errors) = await browser.OpenAsync(shop.Url);
        await page.GotoAsync("/models/pizza");
        await page.GetByLabel("Promote version 2").ClickAsync();
        await page.GetByLabel("Reason").FillAsync("better on the test set");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it champion" }).ClickAsync();
        await Assertions.Expect(page.Locator("main dd", new() { HasText = "version 2" })).ToBeVisibleAsync();

        // What others do shows without a reload.
        using var answer = await shop.Http.PostAsJsonAsync("/api/v1/models/pizza/promote", new JsonObject { ["version"] = 1, ["who"] = "bob" }, Cancellation);
        Assert.True(answer.IsSuccessStatusCode);
        await Assertions.Expect(page.Locator("main dd", new() { HasText = "version 1" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Roll back" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Roll back" }).ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Ledger" }).ClickAsync();
        var entries = page.GetByRole(AriaRole.Group, new() { Name = "Ledger of pizza" }).Locator("tbody tr");
        await Assertions.Expect(entries).ToHaveCountAsync(4);
        await Assertions.Expect(entries.First).ToContainTextAsync("1 → 2");
        await Assertions.Expect(entries.Nth(2)).ToContainTextAsync("better on the test set");
        Assert.Empty(errors);
    }

    // Three runs in an experiment, two versions of a model made of the first, the first of them champion.
    private static async Task<IReadOnlyList<string>> FillAsync(ShopPipelines shop)
    {
        var experiment = (string)(await PostAsync(shop, "experiments/create", new JsonObject { ["name"] = "pizza" }))["experiment_id"]!;
        var runs = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var run = await PostAsync(shop, "runs/create", new JsonObject { ["experiment_id"] = experiment, ["run_name"] = $"r{i}", ["start_time"] = 1_700_000_000_000 + i });
            var id = (string)run["run"]!["info"]!["run_id"]!;
            runs.Add(id);
            var metrics = new JsonArray([.. Enumerable.Range(0, 20).Select(step => (JsonNode)new JsonObject { ["key"] = "accuracy", ["value"] = 0.9 + (step / 1000.0) + (i / 100.0), ["timestamp"] = step, ["step"] = step })]);
            metrics.Add(new JsonObject { ["key"] = "ece", ["value"] = "NaN", ["timestamp"] = 0, ["step"] = 0 });
            await PostAsync(shop, "runs/log-batch", new JsonObject
            {
                ["run_id"] = id,
                ["metrics"] = metrics,
                ["params"] = new JsonArray(Pair("lr", (i / 10.0).ToString(CultureInfo.InvariantCulture)), Pair("head", i == 1 ? "linear" : "mlp")),
            });
            using var put = await shop.Http.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{id}/artifacts/model/signature.json", new StringContent("""{"inputs":[]}"""), Cancellation);
            Assert.True(put.IsSuccessStatusCode);
        }

        await PostAsync(shop, "registered-models/create", new JsonObject { ["name"] = "pizza", ["description"] = "Is it one?" });
        for (var i = 0; i < 2; i++)
        {
            await PostAsync(shop, "model-versions/create", new JsonObject { ["name"] = "pizza", ["source"] = $"runs:/{runs[i]}/model", ["run_id"] = runs[i] });
        }

        await PostAsync(shop, "registered-models/alias", new JsonObject { ["name"] = "pizza", ["alias"] = "champion", ["version"] = "1" });
        return runs;
    }

    private static JsonObject Pair(string key, string value) => new() { ["key"] = key, ["value"] = value };

    private static async Task<JsonNode> PostAsync(ShopPipelines shop, string path, JsonObject body)
    {
        using var answer = await shop.Http.PostAsJsonAsync($"/api/2.0/mlflow/{path}", body, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonNode.Parse(text)!;
    }
}
