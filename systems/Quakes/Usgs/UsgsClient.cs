using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Quakes.Usgs;

/// <summary>
/// A client of the USGS's earthquake services: the FDSN event service (earthquake.usgs.gov/fdsnws/event/1) and the GeoJSON
/// summary feeds. An answer counts only as a whole: one that is cut off or is no GeoJSON fails the call, and nothing of it is given.
/// </summary>
internal sealed class UsgsClient : IDisposable
{
    private const int MaxRestarts = 5;

    private readonly UsgsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly UsgsTransport _transport;
    private readonly string _base;
    private volatile int _limit;
    private readonly ConcurrentDictionary<string, Validators> _kept = new(StringComparer.Ordinal);

    public UsgsClient(UsgsOptions options, TimeProvider time, ILogger<UsgsClient> log)
    {
        foreach (var error in options.Validate())
        {
            throw error;
        }

        _options = options;
        _time = time;
        _log = log;
        _limit = options.WindowLimit;
        _base = options.FeedUrl.TrimEnd('/');
        _transport = new UsgsTransport(options, time, log);
    }

    /// <summary>The address that it asks.</summary>
    public string BaseUrl => _base;

    public void Dispose() => _transport.Dispose();

    /// <summary>Reads a summary feed; null where it has not changed since the page that was last <see cref="Keep"/>t.</summary>
    public async Task<FeedPage?> GetSummaryAsync(string feed, CancellationToken cancellation)
    {
        var path = $"/earthquakes/feed/v1.0/summary/{feed}.geojson";
        var reply = await GetAsync(path, _kept.GetValueOrDefault(_base + path, Validators.None), cancellation);
        return reply.NotModified ? null : ToPage(reply);
    }

    /// <summary>
    /// Remembers that everything on the page is durable, so that the next request for it may be conditional. Called any earlier,
    /// a crash in between would make the next answer "not modified" hide what was never stored.
    /// </summary>
    public void Keep(FeedPage page) => _kept[page.Url] = page.Validators;

    /// <summary>Every event of the query, in pages; a window with more events than the service gives is cut in halves.</summary>
    public async Task<IReadOnlyList<FeedPage>> QueryAsync(FdsnQuery query, CancellationToken cancellation)
    {
        var pages = new List<FeedPage>();
        var windows = new Stack<FdsnQuery>([query]);
        while (windows.TryPop(out var window))
        {
            var read = await ReadWindowAsync(window, cancellation);
            if (!read.TooMany)
            {
                pages.AddRange(read.Pages);
                continue;
            }

            // In order of time, so what happened before the first event of the first page need not be asked for again.
            var first = read.Pages.SelectMany(static p => p.Document.Features).Select(static f => f.Event.Time).DefaultIfEmpty(window.Start).First();
            var (earlier, later) = Split(first > window.Start ? window with { Start = first } : window);
            windows.Push(later);
            windows.Push(earlier);
        }

        return pages;
    }

    /// <summary>How many events a query would give, or null where the service does not count.</summary>
    public async Task<long?> CountAsync(FdsnQuery query, CancellationToken cancellation)
    {
        UsgsReply reply;
        try
        {
            reply = await _transport.GetAsync(new Uri(_base + query.ToCount()), Validators.None, cancellation);
        }
        catch (UsgsException error) when (error.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(reply.Body);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Number ? root.GetInt64()
                : root.ValueKind == JsonValueKind.Object && root.TryGetProperty("count", out var count) && count.TryGetInt64(out var value) ? value
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether a service answers at the base address, asked once without retry.</summary>
    public async Task<bool> AnswersAsync(TimeSpan within, CancellationToken cancellation)
    {
        using var once = new UsgsTransport(_options with { Attempts = 1, RequestTimeout = within }, _time, _log);
        try
        {
            var reply = await once.GetAsync(new Uri(_base + "/earthquakes/feed/v1.0/summary/all_hour.geojson"), Validators.None, cancellation);
            FeedParser.Parse(reply.Body, reply.Url);
            return true;
        }
        catch (TarnException)
        {
            return false;
        }
        catch (UsgsException)
        {
            return false;
        }
    }

    /// <summary>The pages of one window, read again where the catalogue moved meanwhile.</summary>
    private async Task<WindowPages> ReadWindowAsync(FdsnQuery window, CancellationToken cancellation)
    {
        for (var reading = 0; reading <= MaxRestarts; reading++)
        {
            try
            {
                var read = await TryPagesAsync(window, cancellation);
                if (!read.Moved)
                {
                    return read;
                }

                UsgsLog.Moved(_log);
            }
            catch (SmallerLimitException smaller)
            {
                // A page of the old size would be refused for ever, however small the window.
                UsgsLog.SmallerLimit(_log, smaller.Limit);
                _limit = smaller.Limit;
            }
        }

        throw new TarnException(
            ErrorKind.Unavailable,
            $"The service's pages did not fit together in {MaxRestarts + 1} readings: the last event of one page must be the first of the next.",
            _base + window.ToPage(PageSize, 1),
            "The attempt is tried again.");
    }

    private async Task<WindowPages> TryPagesAsync(FdsnQuery window, CancellationToken cancellation)
    {
        var pages = new List<FeedPage>();
        var offset = 1;
        string? anchor = null;
        while (true)
        {
            var limit = Math.Min(PageSize, _limit - offset + 1);
            if (await ReadPageAsync(window.ToPage(limit, offset), cancellation) is not { } page)
            {
                return new WindowPages(pages, TooMany: true, Moved: false);
            }

            var count = page.Document.Features.Count + page.Document.Rejected.Count;
            if (offset > 1 && anchor != page.Document.FirstKey)
            {
                return new WindowPages(pages, TooMany: false, Moved: true);
            }

            pages.Add(page);
            if (count != limit)
            {
                // Fewer: the end. More: the service does not page, and gave everything.
                return new WindowPages(pages, TooMany: false, Moved: false);
            }

            if (offset == 1 && await CountAsync(window, cancellation) is { } total && (total > _limit || total <= count))
            {
                return new WindowPages(pages, TooMany: total > _limit, Moved: false);
            }

            offset += limit - 1;
            anchor = page.Document.LastKey;
            if (offset >= _limit)
            {
                return new WindowPages(pages, TooMany: true, Moved: false);
            }
        }
    }

    /// <summary>One page, or null where the service says that the query matches more than it gives.</summary>
    private async Task<FeedPage?> ReadPageAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return ToPage(await _transport.GetAsync(new Uri(_base + path), Validators.None, cancellation));
        }
        catch (UsgsException error) when (ServiceLimit.IsExceeded(error))
        {
            return ServiceLimit.StatedIn(error.Message) is { } stated && stated >= 2 && stated < _limit ? throw new SmallerLimitException(stated) : null;
        }
        catch (UsgsException error)
        {
            throw Refused(error, path);
        }
    }

    private (FdsnQuery Earlier, FdsnQuery Later) Split(FdsnQuery window)
    {
        var end = window.End ?? _time.GetUtcNow().AddDays(1);
        var milliseconds = (long)(end - window.Start).TotalMilliseconds;
        if (milliseconds < 2)
        {
            throw new TarnException(
                ErrorKind.Unavailable,
                $"The service has more than {_limit} events for one instant; a query cannot be cut any finer.",
                EventTime.ToQuery(window.Start),
                "Raise Quakes:WindowLimit where the service allows it.");
        }

        var middle = window.Start.AddMilliseconds(milliseconds / 2);
        UsgsLog.Splitting(_log, _limit, EventTime.ToQuery(middle));
        return (window with { End = middle }, window with { Start = middle.AddMilliseconds(1) });
    }

    private async Task<UsgsReply> GetAsync(string path, Validators validators, CancellationToken cancellation)
    {
        try
        {
            return await _transport.GetAsync(new Uri(_base + path), validators, cancellation);
        }
        catch (UsgsException error)
        {
            throw Refused(error, path);
        }
    }

    private static FeedPage ToPage(UsgsReply reply) => new(reply.Url, reply.FetchedAt, FeedParser.Parse(reply.Body, reply.Url), reply.Validators);

    private TarnException Refused(UsgsException error, string path) => new(
        ErrorKind.Unavailable,
        $"The feed refused the request: {error.Message}.",
        _base + path,
        "Check that Quakes:FeedUrl names a service with the USGS's paths.",
        error);

    private int PageSize => Math.Min(_options.PageSize, _limit);

    private sealed record WindowPages(List<FeedPage> Pages, bool TooMany, bool Moved);
}
