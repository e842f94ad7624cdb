using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Playwright;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>Debian's Chromium, driven by Playwright. Skips the running test, with the reason, where there is none.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // For what a page waits and for what is expected of it: no bound of speed, only an end for what never comes. The machine may be busy with the other suites.
    private const float LongestMilliseconds = 30_000;

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    public static async Task<Browser> StartAsync()
    {
        var path = Places.FirstOrDefault(File.Exists);
        Assertions.SetDefaultExpectTimeout(LongestMilliseconds);
        Assert.SkipWhen(path is null, $"No Chromium here (looked for {string.Join(", ", Places)}); ./tarn test installs it on Debian as root.");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return new Browser(playwright, browser);
    }

    /// <summary>A fresh page; errors that it logs are collected in the list.</summary>
    public async Task<(IPage Page, List<string> Errors)> OpenAsync(Uri server, int width = 1400, int height = 1000, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = server.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            TimezoneId = "UTC",
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(LongestMilliseconds);
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        Tell(page);
        return (page, errors);
    }

    /// <summary>Opens every path at both widths, light and dark: each shows its heading, stops loading, tells no error that is not expected, and does not scroll sideways.</summary>
    /// <param name="server">The server.</param>
    /// <param name="paths">The paths.</param>
    /// <param name="alerts">How many errors the page of a path shows; default none.</param>
    /// <param name="expected">Which lines the browser's console may have; default none.</param>
    /// <param name="seen">Called with each page when it stands.</param>
    public async Task OpenEverywhereAsync(
        Uri server, IReadOnlyList<string> paths, Func<string, int>? alerts = null, Func<string, bool>? expected = null, Func<IPage, string, int, ColorScheme, Task>? seen = null)
    {
        foreach (var (width, scheme) in new[] { (1400, ColorScheme.Light), (1400, ColorScheme.Dark), (360, ColorScheme.Light), (360, ColorScheme.Dark) })
        {
            var (page, errors) = await OpenAsync(server, width, width == 360 ? 780 : 1000, scheme);
            foreach (var path in paths)
            {
                await page.GotoAsync(path);
                await page.Locator("h1").First.WaitForAsync();
                await page.Locator("main section").First.WaitForAsync();
                await page.WaitForFunctionAsync("() => !document.querySelector('main [role=status][aria-label^=Loading]')");
                Assert.Equal(alerts?.Invoke(path) ?? 0, await page.Locator("main [role=alert]").CountAsync());
                var overflow = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
                Assert.True(overflow <= 0, $"{path} at {width} px scrolls sideways by {overflow} px.");
                if (seen is not null)
                {
                    await seen(page, path, width, scheme);
                }
            }

            var unexpected = errors.Where(e => expected?.Invoke(e) != true).ToList();
            Assert.True(unexpected.Count == 0, $"Errors in the browser's console at {width} px:\n{string.Join('\n', unexpected)}");
            await page.CloseAsync();
        }
    }

    // What a page asked for and what became of it, with the milliseconds since it was opened: a test that fails prints it. Parts of the console are told where they did not come within a second.
    private static void Tell(IPage page)
    {
        if (TestContext.Current.TestOutputHelper is not { } output)
        {
            return;
        }

        var opened = Stopwatch.StartNew();
        var asked = new ConcurrentDictionary<IRequest, long>();
        void Ended(IRequest request, string? failure)
        {
            var took = asked.TryRemove(request, out var at) ? opened.ElapsedMilliseconds - at : 0;
            if (failure is not null || took > 1000 || !IsPart(request))
            {
                output.WriteLine($"{opened.ElapsedMilliseconds,6} ms  {request.Method} {request.Url} {failure ?? "ended"} after {took} ms");
            }
        }

        page.Request += (_, request) =>
        {
            asked[request] = opened.ElapsedMilliseconds;
            if (!IsPart(request))
            {
                output.WriteLine($"{opened.ElapsedMilliseconds,6} ms  {request.Method} {request.Url} asked");
            }
        };
        async Task TellAsync(IResponse response)
        {
            var at = opened.ElapsedMilliseconds;
            string said;
            try
            {
                said = await response.TextAsync();
            }
            catch (PlaywrightException error)
            {
                // The page went on, or away.
                said = error.Message;
            }

            output.WriteLine($"{at,6} ms  {response.Request.Method} {response.Url} {response.Request.PostData} answered {response.Status} {said}");
        }

        page.Response += (_, response) =>
        {
            if (!response.Ok)
            {
                _ = TellAsync(response);
            }
        };
        page.RequestFinished += (_, request) => Ended(request, null);
        page.RequestFailed += (_, request) => Ended(request, $"failed ({request.Failure})");
    }

    private static bool IsPart(IRequest request) => request.Url.Contains("/assets/", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
