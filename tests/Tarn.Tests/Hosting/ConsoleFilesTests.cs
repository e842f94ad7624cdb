using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tarn.Console;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

public sealed class ConsoleFilesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_pages_and_caching()
    {
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.Combine("assets"));
        await File.WriteAllTextAsync(folder.Combine("index.html"), "<!doctype html><title>Console</title>", Cancellation);
        await File.WriteAllTextAsync(folder.Combine("assets", "app-abc123.js"), string.Concat(Enumerable.Repeat("let a = 1;\n", 500)), Cancellation);
        await using var app = await ServeAsync(folder.Path);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        using var asset = await GetAsync(http, "/assets/app-abc123.js", "br");
        Assert.Equal(("text/javascript", "br"), (asset.Content.Headers.ContentType!.MediaType, asset.Content.Headers.ContentEncoding.Single()));
        Assert.Contains("immutable", asset.Headers.CacheControl!.ToString(), StringComparison.Ordinal);

        foreach (var path in new[] { "/", "/tables/silver.notes", "/quakes?from=1", "/runs/0199" })
        {
            using var page = await GetAsync(http, path, accept: "text/html");
            Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
            Assert.True(page.Headers.CacheControl!.NoCache);
            using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "If-None-Match", page.Headers.ETag!.ToString() }, { "Accept", "text/html" } } };
            Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(again, Cancellation)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(http, "/assets/gone-1.js")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(http, "/favicon.png")).StatusCode);
    }

    [Fact]
    public async Task Where_it_was_not_built_the_page_says_how_to()
    {
        using var folder = new TemporaryDirectory();
        await using var app = await ServeAsync(folder.Combine("nowhere"));
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var page = await GetAsync(http, "/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Contains("npm run build", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static async Task<WebApplication> ServeAsync(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddConsole();
        var app = builder.Build();
        app.UseConsole(folder);
        await app.StartAsync(Cancellation);
        return app;
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string path, string? encoding = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (encoding is not null)
        {
            request.Headers.Add("Accept-Encoding", encoding);
        }

        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        return await http.SendAsync(request, Cancellation);
    }
}
