using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Usgs;
using Tarn.Core;
using Xunit;

namespace Quakes.Tests;

public sealed class UsgsClientTests
{
    private static readonly DateTimeOffset Now = new(2024, 3, 8, 10, 0, 0, TimeSpan.Zero);
    private static readonly byte[] OneEvent = Payload.Document(Now.ToUnixTimeMilliseconds(), "all_day", Payload.Feature("a", 1_700_000_000_000, 1_700_000_000_001)).ToArray();

    [Fact]
    public async Task Retries_what_is_busy_and_waits_as_long_as_the_service_asks()
    {
        await using var service = await ScriptedService.StartAsync((http, n) =>
        {
            if (n == 1)
            {
                http.Response.Headers.RetryAfter = "7";
            }

            return n == 3 ? http.Response.Body.WriteAsync(OneEvent).AsTask() : Status(http, n == 1 ? 429 : 503);
        });
        var time = new ManualTime(Now);
        using var client = Client(service, time);
        Assert.NotNull(await client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        Assert.Equal(3, service.Requests.Count);
        Assert.Equal(TimeSpan.FromSeconds(7), time.Pauses[0]);
        Assert.InRange(time.Pauses[1], TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_jitter_follows_from_the_seed()
    {
        await using var service = await ScriptedService.StartAsync(static (http, _) => Status(http, 500));
        async Task<List<TimeSpan>> PausesAsync()
        {
            var time = new ManualTime(Now);
            using var client = Client(service, time);
            await Assert.ThrowsAsync<TarnException>(() => client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
            return time.Pauses;
        }

        var first = await PausesAsync();
        Assert.Equal(3, first.Count);
        Assert.Equal(first, await PausesAsync());
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Gives_up_in_the_end_with_an_error_that_names_the_feed(int status)
    {
        await using var service = await ScriptedService.StartAsync((http, _) => Status(http, status));
        using var client = Client(service, new ManualTime(Now));
        var error = await Assert.ThrowsAsync<TarnException>(() => client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains(service.Url, error.Message, StringComparison.Ordinal);
        Assert.Equal(4, service.Requests.Count);
    }

    [Fact]
    public async Task A_pause_that_is_too_long_to_wait_fails_the_attempt_at_once()
    {
        await using var service = await ScriptedService.StartAsync(static (http, _) =>
        {
            http.Response.Headers.RetryAfter = "7200";
            return Status(http, 503);
        });
        using var client = Client(service, new ManualTime(Now));
        await Assert.ThrowsAsync<TarnException>(() => client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task A_refused_connection_is_an_error_that_says_so()
    {
        string url;
        await using (var service = await ScriptedService.StartAsync(static (http, _) => Status(http, 200)))
        {
            url = service.Url;
        }

        using var client = Client(url, new ManualTime(Now), null);
        var error = await Assert.ThrowsAsync<TarnException>(() => client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        Assert.Contains("refused", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.False(await client.AnswersAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_of_a_truncated_answer_is_kept(bool packed)
    {
        await using var service = await ScriptedService.StartAsync(async (http, _) =>
        {
            var body = OneEvent;
            if (packed)
            {
                using var memory = new MemoryStream();
                await using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(OneEvent);
                }

                body = memory.ToArray();
                http.Response.Headers.ContentEncoding = "gzip";
            }

            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        using var client = Client(service, new ManualTime(Now));
        var error = await Assert.ThrowsAsync<TarnException>(() => client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
    }

    [Fact]
    public async Task A_clean_end_in_the_middle_of_the_document_is_refused_too()
    {
        await using var service = await ScriptedService.StartAsync(static (http, _) => http.Response.Body.WriteAsync(OneEvent.AsMemory(0, OneEvent.Length - 3)).AsTask());
        using var client = Client(service, new ManualTime(Now));
        await Assert.ThrowsAsync<TarnException>(() => client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_refused()
    {
        await using var service = await ScriptedService.StartAsync(static (http, _) => http.Response.Body.WriteAsync(new byte[70_000]).AsTask());
        using var client = Client(service, new ManualTime(Now), o => o with { MaxResponseBytes = 64 << 10 });
        var error = await Assert.ThrowsAsync<TarnException>(() => client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        Assert.Contains("MaxResponseBytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_utf_16_where_the_service_sends_it()
    {
        await using var service = await ScriptedService.StartAsync(static (http, _) =>
        {
            http.Response.ContentType = "application/json; charset=utf-16";
            return http.Response.Body.WriteAsync(Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(OneEvent))).ToArray()).AsTask();
        });
        using var client = Client(service, new ManualTime(Now));
        Assert.Single((await client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken))!.Document.Features);
    }

    [Fact]
    public async Task Asks_conditionally_only_for_what_was_kept()
    {
        var conditional = new List<string>();
        await using var service = await ScriptedService.StartAsync((http, _) =>
        {
            conditional.Add(http.Request.Headers.IfNoneMatch.ToString());
            http.Response.Headers.ETag = "\"v1\"";
            return http.Request.Headers.IfNoneMatch == "\"v1\"" ? Status(http, 304) : http.Response.Body.WriteAsync(OneEvent).AsTask();
        });
        using var client = Client(service, new ManualTime(Now));
        var page = await client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken);
        Assert.NotNull(await client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        client.Keep(page!);
        Assert.Null(await client.GetSummaryAsync("all_day", TestContext.Current.CancellationToken));
        Assert.Equal(["", "", "\"v1\""], conditional);
    }

    [Theory]
    [InlineData(95, 10, 20_000, true)]
    [InlineData(95, 10, 20, true)]
    [InlineData(95, 10, 20, false)]
    [InlineData(20, 10, 20, false)]
    [InlineData(10, 10, 20_000, true)]
    [InlineData(0, 10, 20_000, true)]
    public async Task Reads_every_event_of_a_query_whatever_the_pages_and_limits(int events, int pageSize, int limit, bool counts)
    {
        await using var service = await FdsnAsync(events, limit, counts);
        using var client = Client(service, new ManualTime(Now), o => o with { PageSize = pageSize, WindowLimit = limit });
        var pages = await client.QueryAsync(new FdsnQuery(Now.AddDays(-900), null, Now.AddDays(-30)), TestContext.Current.CancellationToken);
        var ids = pages.SelectMany(static p => p.Document.Features).Select(static f => f.Event.Id).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(Enumerable.Range(0, events).Select(static i => $"e{i:000}"), ids);
        Assert.All(service.Requests, static r => Assert.Contains("includedeleted=true", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Learns_the_limit_of_a_service_with_a_smaller_one()
    {
        await using var service = await FdsnAsync(95, 20, counts: true);
        using var client = Client(service, new ManualTime(Now));
        var pages = await client.QueryAsync(new FdsnQuery(Now.AddDays(-900), null, null), TestContext.Current.CancellationToken);
        Assert.Equal(95, pages.SelectMany(static p => p.Document.Features).Select(static f => f.Event.Id).Distinct().Count());
        Assert.InRange(service.Requests.Count, 10, 120);
    }

    [Fact]
    public async Task Reads_a_window_again_when_the_catalogue_moved_between_two_pages()
    {
        await using var service = await FdsnAsync(30, 20_000, counts: true, moveAt: 3);
        using var client = Client(service, new ManualTime(Now), static o => o with { PageSize = 10 });
        var pages = await client.QueryAsync(new FdsnQuery(Now.AddDays(-900), null, null), TestContext.Current.CancellationToken);
        var ids = pages.SelectMany(static p => p.Document.Features).Select(static f => f.Event.Id).ToHashSet();
        Assert.Contains("early", ids);
        Assert.Equal(31, ids.Count);
    }

    [Fact]
    public async Task A_refused_parameter_is_an_error_with_the_services_own_words()
    {
        await using var service = await ScriptedService.StartAsync(static (http, _) =>
        {
            http.Response.StatusCode = 400;
            return http.Response.WriteAsync("Error 400: Bad Request\n\nBad starttime value");
        });
        using var client = Client(service, new ManualTime(Now));
        var error = await Assert.ThrowsAsync<TarnException>(() => client.QueryAsync(new FdsnQuery(Now, null, null), TestContext.Current.CancellationToken));
        Assert.Contains("Bad starttime value", error.Message, StringComparison.Ordinal);
        Assert.Single(service.Requests);
    }

    /// <summary>A straight event service: events an hour apart, paged and limited as the real one.</summary>
    private static Task<ScriptedService> FdsnAsync(int events, int limit, bool counts, int moveAt = -1)
    {
        var all = Enumerable.Range(0, events).Select(i => (Id: $"e{i:000}", Time: Now.AddHours(i - 200))).ToList();
        return ScriptedService.StartAsync(async (http, n) =>
        {
            var query = http.Request.Query;
            if (n == moveAt)
            {
                all.Insert(0, ("early", Now.AddHours(-300)));
            }

            var from = DateTimeOffset.Parse(query["starttime"]! + "Z", System.Globalization.CultureInfo.InvariantCulture);
            var to = query.ContainsKey("endtime") ? DateTimeOffset.Parse(query["endtime"]! + "Z", System.Globalization.CultureInfo.InvariantCulture) : DateTimeOffset.MaxValue;
            var matching = all.Where(e => e.Time >= from && e.Time <= to).ToList();
            if (http.Request.Path.Value!.EndsWith("count", StringComparison.Ordinal))
            {
                http.Response.StatusCode = counts ? 200 : 404;
                await http.Response.WriteAsync($$"""{"count":{{matching.Count}},"maxAllowed":{{limit}}}""");
                return;
            }

            var asked = int.Parse(query["limit"]!, System.Globalization.CultureInfo.InvariantCulture);
            if (asked > limit)
            {
                http.Response.StatusCode = 400;
                await http.Response.WriteAsync($"{matching.Count} matching events exceeds search limit of {limit}. Modify the search to match fewer events.");
                return;
            }

            var page = matching.Skip(int.Parse(query["offset"]!, System.Globalization.CultureInfo.InvariantCulture) - 1).Take(asked);
            var body = Payload.Document(Now.ToUnixTimeMilliseconds(), null, page.Select(static e => Payload.Feature(e.Id, e.Time.ToUnixTimeMilliseconds(), e.Time.ToUnixTimeMilliseconds())));
            await http.Response.Body.WriteAsync(body);
        });
    }

    private static Task Status(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static UsgsClient Client(ScriptedService service, TimeProvider time, Func<UsgsOptions, UsgsOptions>? change = null) => Client(service.Url, time, change);

    private static UsgsClient Client(string url, TimeProvider time, Func<UsgsOptions, UsgsOptions>? change)
    {
        var options = new UsgsOptions { FeedUrl = url };
        return new UsgsClient(change?.Invoke(options) ?? options, time, NullLogger<UsgsClient>.Instance);
    }
}
