using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <content>What an answer may be, how large, and how slow.</content>
public sealed partial class ContentFetcherTests
{
    [Theory]
    [InlineData("text/html", false, false)]
    [InlineData("image/svg+xml", false, false)]
    [InlineData("application/octet-stream", false, false)]
    [InlineData("application/octet-stream", true, true)]
    [InlineData("text/html", true, false)]
    [InlineData(null, true, true)]
    [InlineData(null, false, false)]
    public async Task A_type_is_taken_that_is_allowed(string? type, bool sniffs, bool taken)
    {
        await using var server = await FetchServer.StartAsync(context => FetchServer.WriteImageAsync(context, [1], type!));
        using var fetcher = Fetcher(server.Port);
        var fetch = fetcher.FetchAsync($"http://pictures.example:{server.Port}/", sniffs, Cancellation);
        if (taken)
        {
            Assert.Equal("application/octet-stream", (await fetch).ContentType);
        }
        else
        {
            Assert.Contains("is of type", (await Assert.ThrowsAsync<TarnException>(() => fetch)).Rule, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true, 200_000, true)]
    [InlineData(true, 199_999, false)]
    [InlineData(false, 200_000, true)]
    [InlineData(false, 199_999, false)]
    [InlineData(false, 70_000, false)]
    public async Task A_body_is_bounded_whether_its_length_is_told_or_not(bool told, int most, bool taken)
    {
        await using var server = await FetchServer.StartAsync(async context =>
        {
            context.Response.ContentLength = told ? Picture.Length : null;
            try
            {
                await FetchServer.WriteImageAsync(context, Picture);
            }
            catch (OperationCanceledException)
            {
                // The fetcher has hung up.
                context.Abort();
            }
        });
        using var fetcher = new ContentFetcher(Options(server.Port) with { MaxBytes = most }, TimeProvider.System, NullLoggerFactory.Instance, Resolve);
        var fetch = fetcher.FetchAsync($"http://pictures.example:{server.Port}/", cancellation: Cancellation);
        if (taken)
        {
            using var content = await fetch;
            Assert.True(content.Bytes.Span.SequenceEqual(Picture));
        }
        else
        {
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"at most {most:N0} bytes"), (await Assert.ThrowsAsync<TarnException>(() => fetch)).Rule, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_compressed_answer_is_refused()
    {
        await using var server = await FetchServer.StartAsync(static context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return FetchServer.WriteImageAsync(context, [0x1f, 0x8b]);
        });
        using var fetcher = Fetcher(server.Port);
        Assert.Contains("encoding", (await RefusedAsync(fetcher, $"http://pictures.example:{server.Port}/")).Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_are_bounded()
    {
        await using var server = await FetchServer.StartAsync(static context =>
        {
            context.Response.Headers["X-Long"] = new string('a', 20_000);
            return FetchServer.WriteImageAsync(context, [1]);
        });
        using var fetcher = Fetcher(server.Port);
        Assert.Contains("headers", (await RefusedAsync(fetcher, $"http://pictures.example:{server.Port}/")).Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_that_is_not_200_is_refused()
    {
        await using var server = await FetchServer.StartAsync(static context =>
        {
            context.Response.StatusCode = 404;
            return FetchServer.WriteImageAsync(context, [1]);
        });
        using var fetcher = Fetcher(server.Port);
        Assert.Contains("404", (await RefusedAsync(fetcher, $"http://pictures.example:{server.Port}/")).Rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_drips_is_given_up_when_its_time_is_over(bool headersToo)
    {
        var (dripping, time) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new ManualTimeProvider());
        await using var server = await FetchServer.StartAsync(async context =>
        {
            if (headersToo)
            {
                await FetchServer.WriteImageAsync(context, [1]);
                await context.Response.Body.FlushAsync();
            }

            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            dripping.SetResult();
            await gone.Task;
        });
        using var fetcher = new ContentFetcher(Options(server.Port) with { Timeout = TimeSpan.FromSeconds(5) }, time, NullLoggerFactory.Instance, Resolve);
        var fetch = fetcher.FetchAsync($"http://pictures.example:{server.Port}/", cancellation: Cancellation);
        await dripping.Task.WaitAsync(Cancellation);
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(fetch.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Contains("within 5 s", (await Assert.ThrowsAsync<TarnException>(() => fetch)).Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so_and_not_that_the_server_was_slow()
    {
        using var stop = new CancellationTokenSource();
        await using var server = await FetchServer.StartAsync(context =>
        {
            stop.Cancel();
            return FetchServer.WriteImageAsync(context, Picture);
        });
        using var fetcher = Fetcher(server.Port);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetcher.FetchAsync($"http://pictures.example:{server.Port}/", cancellation: stop.Token));
    }

    [Fact]
    public async Task At_most_so_many_fetches_run_at_once()
    {
        var (inside, most) = (0, 0);
        await using var server = await FetchServer.StartAsync(async context =>
        {
            Raise(ref most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            await FetchServer.WriteImageAsync(context, [1]);
        });
        using var fetcher = new ContentFetcher(Options(server.Port) with { MaxConcurrent = 2 }, TimeProvider.System, NullLoggerFactory.Instance, Resolve);
        var waited = new ConcurrentBag<TimeSpan>();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async _ =>
        {
            using var content = await fetcher.FetchAsync($"http://pictures.example:{server.Port}/", sniffs: true, Cancellation);
            waited.Add(content.Waited);
        }));
        Assert.Equal(24, waited.Count);
        Assert.InRange(most, 1, 2);
    }

    private static void Raise(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }
}
