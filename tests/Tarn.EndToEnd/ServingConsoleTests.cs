using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Tarn.Contracts;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>The page of Pizza and the console's pages of endpoints, in a real browser over a real server with a model of drawn pictures.</summary>
public sealed class ServingConsoleTests(PizzaServer pizza) : IClassFixture<PizzaServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_of_serving_opens_at_both_widths_light_and_dark_without_errors_or_sideways_scroll()
    {
        await using var browser = await Browser.StartAsync();
        await AskAsync(pizza.Pictures("pizza")[0]);
        string[] paths =
        [
            "/pizza", "/endpoints", "/endpoints/pizza", "/endpoints/pizza?tab=split", "/endpoints/pizza?tab=rollout", "/endpoints/pizza?tab=try",
            "/endpoints/pizza?tab=predictions", "/endpoints/pizza?tab=ledger", "/settings/keys", "/settings/audit",
        ];
        await browser.OpenEverywhereAsync(pizza.Url, paths);
    }

    [Fact]
    public async Task Pictures_that_are_dropped_are_answered_in_large_words_and_judged()
    {
        await using var browser = await Browser.StartAsync();
        var (page, errors) = await browser.OpenAsync(pizza.Url, 390, 844);
        var before = await PositiveAsync();
        await page.GotoAsync("/pizza");
        await Assertions.Expect(page.GetByLabel("Synthetic model")).ToContainTextAsync("drawn pictures");
        await DropAsync(page, [pizza.Pictures("pizza")[0], pizza.Pictures("not_pizza")[0]]);
        var cards = page.GetByRole(AriaRole.Article);
        await Assertions.Expect(cards).ToHaveCountAsync(2);
        foreach (var card in await cards.AllAsync())
        {
            await Assertions.Expect(card.GetByRole(AriaRole.Heading)).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^(It's|Not) pizza$"));
            await Assertions.Expect(card.GetByRole(AriaRole.List, new() { Name = "Scores" }).Locator("li")).ToHaveCountAsync(2);
            await Assertions.Expect(card).ToContainTextAsync("version 1");
        }

        await cards.First.GetByRole(AriaRole.Button, new() { Name = "Right" }).ClickAsync();
        await Assertions.Expect(cards.First).ToContainTextAsync("Noted");
        await CountedAsync(before + 1);

        // What is no picture says so in its place, and the others stay.
        await page.Locator("input[type=file]").First.SetInputFilesAsync(new FilePayload { Name = "page.jpg", MimeType = "image/jpeg", Buffer = "<html>no picture</html>"u8.ToArray() });
        await Assertions.Expect(cards.First.GetByRole(AriaRole.Alert)).ToContainTextAsync("JPEG, PNG, WebP or GIF");
        await Assertions.Expect(cards).ToHaveCountAsync(3);
        Assert.All(errors, static e => Assert.Contains("400", e, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_split_is_edited_and_what_another_changed_meanwhile_is_shown_first()
    {
        await using var browser = await Browser.StartAsync();
        using var http = new HttpClient { BaseAddress = pizza.Url };
        using var made = await http.PostAsJsonAsync("/api/v1/endpoints", new JsonObject { ["name"] = "edited", ["model"] = "pizza" }, Cancellation);
        Assert.True(made.IsSuccessStatusCode);
        var (page, errors) = await browser.OpenAsync(pizza.Url);
        await page.GotoAsync("/endpoints/edited?tab=split");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a variant" }).ClickAsync();
        await page.GetByLabel("Weight of v1, as a number").FillAsync("25");
        var changes = page.GetByRole(AriaRole.List, new() { Name = "What would change" });
        await Assertions.Expect(changes).ToContainTextAsync("20 % to version 1");

        using var other = await http.PutAsJsonAsync("/api/v1/endpoints/edited/split", new JsonObject
        {
            ["variants"] = new JsonArray(new JsonObject { ["name"] = "champion", ["alias"] = "champion", ["weight"] = 7 }),
            ["stickyHeader"] = "X-User",
            ["reason"] = "from elsewhere",
        }, Cancellation);
        Assert.True(other.IsSuccessStatusCode);
        await Assertions.Expect(page.Locator("main [role=alert]")).ToContainTextAsync("from elsewhere");
        var save = page.GetByRole(AriaRole.Button, new() { Name = "Save the split" });
        await Assertions.Expect(save).ToBeDisabledAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep mine, look at the difference" }).ClickAsync();
        await Assertions.Expect(changes).ToContainTextAsync("X-User");
        await page.GetByLabel("Reason").FillAsync("a fifth of them");
        await save.ClickAsync();
        await Assertions.Expect(page.GetByText("Saved as revision")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Tab, new() { Name = "Ledger" }).ClickAsync();
        var entries = page.GetByRole(AriaRole.Group, new() { Name = "Ledger of edited" }).Locator("tbody tr");
        await Assertions.Expect(entries).ToHaveCountAsync(3);
        await Assertions.Expect(entries.First).ToContainTextAsync("a fifth of them");
        await Assertions.Expect(entries.First).ToContainTextAsync("champion 80 %, v1 (version 1) 20 %");
        var endpoint = await http.GetFromJsonAsync<JsonObject>("/api/v1/endpoints/edited", Cancellation);
        Assert.Equal([0.8, 0.2], endpoint!["variants"]!.AsArray().Select(static v => v!["share"]!.GetValue<double>()));
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Without_a_model_the_page_says_how_to_train_one_and_who_has_no_key_comes_back_after_logging_in()
    {
        await using var browser = await Browser.StartAsync();
        using var folder = new TemporaryDirectory();
        var tarn = new TarnCommand(folder.Combine("data"));
        var (server, url) = await tarn.UpAsync("pizza", "--set", "Security:Authentication=required");
        await using var stop = server;
        var key = (string)(await tarn.JsonAsync(0, "keys", "create", "ann", "--role", "viewer"))["key"]!;
        var (page, _) = await browser.OpenAsync(url);
        await page.GotoAsync("/pizza");
        await page.GetByLabel("Key").FillAsync("tarn_none_such");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await page.GetByLabel("Key").FillAsync(key);
        await page.GetByLabel("Key").PressAsync("Enter");
        await Assertions.Expect(page.GetByText("./tarn train pizza", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("ann viewer")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Keys" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Key")).ToBeVisibleAsync();
    }

    // A drop as a browser makes one: the files are in the event's data.
    // The page says so at once, and takes it back where the server refuses.
    private async Task CountedAsync(long positive)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (await PositiveAsync() is var counted && counted != positive)
        {
            Assert.False(limit.IsCancellationRequested, $"{counted} positive, not {positive}");
        }
    }

    private static async Task DropAsync(IPage page, IEnumerable<string> files)
    {
        var dropped = files.Select(static f => new { name = Path.GetFileName(f), content = Convert.ToBase64String(File.ReadAllBytes(f)) }).ToArray();
        await page.GetByRole(AriaRole.Button, new() { Name = "Choose pictures" }).WaitForAsync();
        await page.EvaluateAsync(
            """
            (files) => {
              const dataTransfer = new DataTransfer();
              for (const { name, content } of files) dataTransfer.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type: "image/jpeg" }));
              document.querySelector("main").dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
            }
            """,
            dropped);
    }

    private async Task AskAsync(string file)
    {
        using var http = new HttpClient { BaseAddress = pizza.Url };
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(file, Cancellation));
        content.Headers.ContentType = new("image/jpeg");
        using var answer = await http.PostAsync("/v1/endpoints/pizza/predict", content, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<long> PositiveAsync()
    {
        using var http = new HttpClient { BaseAddress = pizza.Url };
        var endpoint = await http.GetFromJsonAsync<JsonObject>("/api/v1/endpoints/pizza", Cancellation);
        return endpoint!["variants"]![0]!["counts"]!["positive"]!.GetValue<long>();
    }
}
