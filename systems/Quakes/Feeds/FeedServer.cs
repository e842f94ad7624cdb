using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Quakes.Feeds;

/// <summary>
/// The USGS's endpoints on a loopback port of its own, over a <see cref="FeedSource"/>: summary feeds with validators, and the
/// FDSN event service's query and count with its parameters, limits and errors.
/// </summary>
internal sealed class FeedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FeedSource _source;
    private readonly TimeProvider _time;

    private FeedServer(WebApplication app, FeedSource source, TimeProvider time)
    {
        _app = app;
        _source = source;
        _time = time;
    }

    /// <summary>Where it listens, without a final slash.</summary>
    public string Url { get; private set; } = "";

    /// <summary>The most events that one query gives; the USGS's is 20,000.</summary>
    public int Limit { get; init; } = FdsnParameters.ServiceLimit;

    public FeedSource Source => _source;

    public static async Task<FeedServer> StartAsync(FeedSource source, TimeProvider time, CancellationToken cancellation, int limit = FdsnParameters.ServiceLimit)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FeedServer(app, source, time) { Limit = limit };
        app.UseRouting();
        app.MapGet("/earthquakes/feed/v1.0/summary/{name}.geojson", server.SummaryAsync);
        app.MapGet("/fdsnws/event/1/query", server.QueryAsync);
        app.MapGet("/fdsnws/event/1/count", server.CountAsync);
        await app.StartAsync(cancellation);
        server.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().TrimEnd('/');
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private async Task SummaryAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        if (await FailAsync(context) is not { } truncate)
        {
            return;
        }

        if (SummaryFeed.Parse(name) is not { } feed)
        {
            await TextAsync(context, StatusCodes.Status404NotFound, $"There is no feed {name}.");
            return;
        }

        var summary = _source.Recorded(name) ?? Make(feed);
        context.Response.Headers.ETag = summary.EntityTag;
        context.Response.Headers.LastModified = summary.LastModified.ToString("r", CultureInfo.InvariantCulture);
        context.Response.Headers.CacheControl = "public, max-age=60";
        if (context.Request.Headers.IfNoneMatch.Contains(summary.EntityTag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await JsonAsync(context, summary.Body, truncate);
    }

    private RecordedSummary Make(SummaryFeed feed)
    {
        var generated = _source.Now.AddTicks(-(_source.Now.Ticks % TimeSpan.TicksPerMinute));
        var from = generated - feed.Window;
        var listed = _source.Catalogue()
            .Where(f => !f.IsDeleted && f.Time >= from && f.Time <= generated && feed.Lists(f.Mag))
            .OrderByDescending(static f => f.Time)
            .ToList();
        var body = GeoJson.Write(generated, $"https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/{feed.Name}.geojson", feed.Title, listed);
        return new RecordedSummary(body, EntityTag(body), generated);
    }

    private async Task QueryAsync(HttpContext context)
    {
        if (await FailAsync(context) is not { } truncate)
        {
            return;
        }

        if (!FdsnParameters.TryParse(context.Request.Query, _source.Now, out var parameters, out var error))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, FdsnParameters.Explain(error));
            return;
        }

        var matching = parameters.Select(_source.Catalogue());
        if (parameters.Limit is null && matching.Count > Limit)
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, FdsnParameters.Explain($"{matching.Count} matching events exceeds search limit of {Limit}. Modify the search to match fewer events."));
            return;
        }

        var page = matching.SelectMany(static f => Enumerable.Repeat(f with { Copies = 1 }, f.Copies)).Skip(parameters.Offset - 1).Take(parameters.Limit ?? Limit).ToList();
        await JsonAsync(context, GeoJson.Write(_source.Now, Url + context.Request.Path + context.Request.QueryString, "USGS Earthquakes", page), truncate);
    }

    private async Task CountAsync(HttpContext context)
    {
        if (await FailAsync(context) is null)
        {
            return;
        }

        if (!FdsnParameters.TryParse(context.Request.Query, _source.Now, out var parameters, out var error))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, FdsnParameters.Explain(error));
            return;
        }

        var count = parameters.Select(_source.Catalogue()).Count;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"count":{{count}},"maxAllowed":{{Limit}}}""", context.RequestAborted);
    }

    /// <summary>Plays the next fault; null where it was the whole answer, else whether the body is to be cut off.</summary>
    private async Task<bool?> FailAsync(HttpContext context)
    {
        switch (_source.NextFault())
        {
            case FeedFault.Unavailable:
                context.Response.Headers.RetryAfter = "1";
                await TextAsync(context, StatusCodes.Status503ServiceUnavailable, "Service temporarily unavailable.");
                return null;
            case FeedFault.TooManyRequests:
                context.Response.Headers.RetryAfter = "1";
                await TextAsync(context, StatusCodes.Status429TooManyRequests, "Too many requests.");
                return null;
            case FeedFault.NotJson:
                await TextAsync(context, StatusCodes.Status200OK, "<html><body>We will be back soon.</body></html>");
                return null;
            case FeedFault.Slow:
                await Task.Delay(TimeSpan.FromSeconds(3), _time, context.RequestAborted);
                return false;
            case FeedFault.Truncated:
                return true;
            default:
                return false;
        }
    }

    private static async Task JsonAsync(HttpContext context, ReadOnlyMemory<byte> body, bool truncate)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.Vary = "Accept-Encoding";
        if (truncate)
        {
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body[..(body.Length / 2)], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            return;
        }

        if (context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase) && body.Length > 16 << 10)
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await gzip.WriteAsync(body, context.RequestAborted);
            return;
        }

        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    internal static string EntityTag(ReadOnlyMemory<byte> body) => $"\"{Convert.ToHexStringLower(SHA256.HashData(body.Span).AsSpan(0, 12))}\"";
}
