using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed partial class ContentFetcherTests
{
    private static readonly byte[] Picture = [.. Enumerable.Range(0, 200_000).Select(static i => (byte)(i * 7))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_is_fetched_with_its_type_and_its_last_address()
    {
        await using var server = await FetchServer.StartAsync(static context => context.Request.Path == "/old"
            ? Redirect(context, "/new.png?x=1")
            : FetchServer.WriteImageAsync(context, Picture, "Image/PNG; q=1"));
        using var fetcher = Fetcher(server.Port);
        using var content = await fetcher.FetchAsync($"http://pictures.example:{server.Port}/old", cancellation: Cancellation);
        Assert.True(content.Bytes.Span.SequenceEqual(Picture));
        Assert.Equal("image/png", content.ContentType);
        Assert.Equal($"http://pictures.example:{server.Port}/new.png?x=1", content.Url.ToString());
        Assert.Equal(1, content.Redirects);
        Assert.True(content.ToHeaders > TimeSpan.Zero);
        content.Dispose();
        Assert.Throws<ObjectDisposedException>(() => content.Bytes);
    }

    [Fact]
    public async Task No_header_tells_of_the_caller()
    {
        IHeaderDictionary? seen = null;
        await using var server = await FetchServer.StartAsync(context =>
        {
            seen = new HeaderDictionary(context.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value));
            context.Response.Headers.SetCookie = "a=b";
            return FetchServer.WriteImageAsync(context, [1]);
        });
        using var fetcher = Fetcher(server.Port);
        using var activity = new System.Diagnostics.Activity("request").Start();
        for (var i = 0; i < 2; i++)
        {
            (await fetcher.FetchAsync($"http://pictures.example:{server.Port}/", cancellation: Cancellation)).Dispose();
            Assert.Equal(["Host", "User-Agent"], seen!.Keys.Order());
        }
    }

    [Theory]
    [InlineData("ftp://pictures.example/a", "http or https")]
    [InlineData("file:///etc/passwd", "http")]
    [InlineData("pictures.example/a.png", "absolute")]
    [InlineData("/a.png", "http")]
    [InlineData("", "absolute")]
    [InlineData("http://", "absolute")]
    [InlineData("http://user:secret@pictures.example/a", "no password")]
    [InlineData("http://pictures.example:22/a", "port")]
    [InlineData("http://pictures.example:6379/a", "port")]
    public async Task A_URL_that_breaks_a_rule_is_refused_before_anything_is_asked(string url, string rule)
    {
        using var fetcher = new ContentFetcher(null, TimeProvider.System, NullLoggerFactory.Instance, static (_, _) => throw new InvalidOperationException("resolved"));
        var error = await RefusedAsync(fetcher, url);
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_is_refused_where_only_https_is_wanted()
    {
        using var fetcher = new ContentFetcher(new FetchOptions { HttpsOnly = true }, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.Contains("https", (await RefusedAsync(fetcher, "http://pictures.example/")).Rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f.1")]
    [InlineData("0x7f000001")]
    [InlineData("0177.0.0.1")]
    [InlineData("127.1")]
    [InlineData("127.0.0.1.")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[::1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("１２７.０.０.１")]
    [InlineData("127。0。0。1")]
    [InlineData("ⓛocalhost")]
    [InlineData("localhost.")]
    [InlineData("bücher.example")]
    public async Task A_host_of_this_machine_is_refused_however_it_is_written(string host)
    {
        await using var server = await FetchServer.StartAsync(static context => FetchServer.WriteImageAsync(context, [1]));
        var log = new RecordedLog();
        using var logs = new LoggerFactory([log]);
        using var fetcher = new ContentFetcher(new FetchOptions { Ports = [server.Port] }, TimeProvider.System, logs, Resolve);
        var error = await RefusedAsync(fetcher, $"http://{host}:{server.Port}/a.png?token=secret");
        Assert.Contains("public addresses only", error.Rule, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);
        Assert.Contains(log.Lines, static l => l.Event == 6800);
    }

    [Fact]
    public async Task A_name_that_is_not_found_and_one_that_is_refused_look_the_same()
    {
        using var fetcher = new ContentFetcher(null, TimeProvider.System, NullLoggerFactory.Instance, static (host, _) =>
            host.StartsWith("inner", StringComparison.Ordinal) ? Task.FromResult<IPAddress[]>([IPAddress.Parse("10.2.3.4")]) : throw new System.Net.Sockets.SocketException(11001));
        var (found, missing) = (await RefusedAsync(fetcher, "http://inner.example/"), await RefusedAsync(fetcher, "http://other.example/"));
        Assert.Equal(found.Message, missing.Message.Replace("other.", "inner.", StringComparison.Ordinal));
        Assert.DoesNotContain("10.2.3.4", found.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_one_inner_address_among_public_ones_is_refused()
    {
        using var fetcher = new ContentFetcher(
            null,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("8.8.8.8"), IPAddress.Parse("10.0.0.1")]),
            static (_, _) => throw new InvalidOperationException("connected"));
        Assert.Contains("public addresses only", (await RefusedAsync(fetcher, "http://both.example/")).Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_changes_between_two_questions_is_connected_to_where_it_was_checked()
    {
        var (resolved, connected) = (0, new List<IPAddress>());
        using var fetcher = new ContentFetcher(
            null,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(resolved++ == 0 ? "8.8.8.8" : "127.0.0.1")]),
            (address, _) =>
            {
                connected.Add(address.Address);
                throw new System.Net.Sockets.SocketException(111);
            });
        await RefusedAsync(fetcher, "http://rebinding.example/");
        Assert.Equal(1, resolved);
        Assert.Equal([IPAddress.Parse("8.8.8.8")], connected);
        Assert.Contains("public addresses only", (await RefusedAsync(fetcher, "http://rebinding.example/")).Rule, StringComparison.Ordinal);
        Assert.Equal(2, resolved);
        Assert.Single(connected);
    }

    [Fact]
    public async Task A_kept_connection_leads_to_where_it_was_opened_whatever_the_name_means_by_then()
    {
        await using var server = await FetchServer.StartAsync(static context => FetchServer.WriteImageAsync(context, [1]));
        var resolved = 0;
        using var fetcher = new ContentFetcher(
            Options(server.Port), TimeProvider.System, NullLoggerFactory.Instance, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(resolved++ == 0 ? "127.0.0.1" : "10.0.0.1")]));
        for (var i = 0; i < 2; i++)
        {
            (await fetcher.FetchAsync($"http://pictures.example:{server.Port}/", cancellation: Cancellation)).Dispose();
        }

        Assert.Equal(1, resolved);
        Assert.Equal(2, server.Requests);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/", "public addresses only")]
    [InlineData("http://inner.example/", "public addresses only")]
    [InlineData("//inner.example/", "public addresses only")]
    [InlineData("http://[::1]/", "public addresses only")]
    [InlineData("file:///etc/passwd", "by themselves")]
    [InlineData("http://pictures.example:22/", "by themselves")]
    [InlineData("http://user@pictures.example/", "by themselves")]
    [InlineData("gopher://inner.example/", "by themselves")]
    public async Task A_redirect_is_checked_like_a_URL(string target, string rule)
    {
        await using var server = await FetchServer.StartAsync(context => Redirect(context, target));
        using var fetcher = Fetcher(server.Port);
        var error = await RefusedAsync(fetcher, $"http://pictures.example:{server.Port}/");
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
        Assert.StartsWith("http://pictures.example:", error.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loop_of_redirects_ends()
    {
        await using var server = await FetchServer.StartAsync(static context => Redirect(context, context.Request.Path == "/a" ? "/b" : "/a"));
        using var fetcher = Fetcher(server.Port);
        Assert.Contains("at most 3 times", (await RefusedAsync(fetcher, $"http://pictures.example:{server.Port}/a")).Rule, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests);
    }

    [Fact]
    public void A_redirect_from_https_to_http_is_refused()
    {
        Assert.Contains("https", FetchUrl.BrokenRule(new Uri("https://a.example/"), new Uri("http://a.example/"), new FetchOptions()), StringComparison.Ordinal);
        Assert.Null(FetchUrl.BrokenRule(new Uri("https://a.example/"), new Uri("https://b.example/"), new FetchOptions()));
        Assert.Null(FetchUrl.BrokenRule(new Uri("http://a.example/"), new Uri("https://b.example/"), new FetchOptions()));
    }

    [Fact]
    public void Options_out_of_their_ranges_are_told_all_at_once()
    {
        var error = Assert.Throws<TarnException>(() => new FetchOptions { MaxBytes = 0, MaxRedirects = 11, AllowedNetworks = ["10.1.2.3/33"], Ports = [0] }.Validate());
        foreach (var name in (string[])["MaxBytes", "MaxRedirects", "10.1.2.3/33", "Ports"])
        {
            Assert.Contains(name, error.Value, StringComparison.Ordinal);
        }
    }

    private static Task Redirect(HttpContext context, string target)
    {
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = target;
        return Task.CompletedTask;
    }

    /// <summary>With a limit that no fetch comes near, however busy the machine is.</summary>
    private static FetchOptions Options(int port) => new() { Ports = [port], AllowedNetworks = ["127.0.0.0/8"], Timeout = TimeSpan.FromMinutes(1) };

    private static ContentFetcher Fetcher(int port) => new(Options(port), TimeProvider.System, NullLoggerFactory.Instance, Resolve);

    /// <summary>What a system's resolver says here: forms of numbers are read, names of this machine are its own, and of the others one is inside.</summary>
    private static Task<IPAddress[]> Resolve(string host, CancellationToken cancellation) => Task.FromResult<IPAddress[]>(
        [IPAddress.TryParse(host.TrimEnd('.'), out var literal) ? literal : IPAddress.Parse(host == "inner.example" ? "10.0.0.7" : "127.0.0.1")]);

    private static async Task<TarnException> RefusedAsync(ContentFetcher fetcher, string url)
    {
        var error = await Assert.ThrowsAsync<TarnException>(() => fetcher.FetchAsync(url, cancellation: Cancellation));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        return error;
    }
}
