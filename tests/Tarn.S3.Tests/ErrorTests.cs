using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.S3.Tests;

/// <summary>Errors say what is wrong and what to do.</summary>
public sealed class ErrorTests(MotoServer server) : IAsyncLifetime
{
    private ProxiedStore _stores = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _stores = await ProxiedStore.StartAsync(server);

    public ValueTask DisposeAsync() => _stores?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData(403, "AccessDenied", "s3:PutObject")]
    [InlineData(403, "InvalidAccessKeyId", "AWS_PROFILE")]
    [InlineData(403, "SignatureDoesNotMatch", "credentials")]
    [InlineData(400, "ExpiredToken", "Renew")]
    [InlineData(403, "RequestTimeTooSkewed", "NTP")]
    [InlineData(404, "NoSuchBucket", "Create the bucket")]
    [InlineData(301, "PermanentRedirect", "Lake:S3:Region")]
    [InlineData(400, "AuthorizationHeaderMalformed", "Lake:S3:Region")]
    [InlineData(503, "SlowDown", "Try again later")]
    [InlineData(500, "InternalError", "Try again later")]
    [InlineData(418, "Teapot", "Teapot")]
    public async Task An_answer_of_S3_becomes_an_error_with_a_remedy(int status, string code, string says)
    {
        var store = _stores.Open(new S3StoreOptions { Retries = 1 });
        _stores.Proxy.Refuse = _ => (status, code);
        foreach (var call in new Func<Task>[]
        {
            () => store.GetAsync("a", Cancel).AsTask(), () => store.PutIfAbsentAsync("a", default, Cancel).AsTask(), () => store.PutAsync("a", default, Cancel).AsTask(), () => store.CheckAsync(Cancel),
            () => store.ListFoldersAsync("", Cancel).AsTask(), () => store.DeleteAsync("a", Cancel).AsTask(),
        })
        {
            var error = await Assert.ThrowsAsync<TarnException>(call);
            Assert.Equal(ErrorKind.Unavailable, error.Kind);
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_that_ignores_the_condition_is_refused_before_two_commits_meet()
    {
        // The proxy takes the condition away, as a server that does not know it would.
        var store = _stores.Open();
        _stores.Proxy.Decide = static _ => ProxyFault.None;
        _stores.Proxy.DropConditions = true;
        var error = await Assert.ThrowsAsync<TarnException>(() => store.PutIfAbsentAsync("log/0.json", "x"u8.ToArray(), Cancel).AsTask());
        Assert.Equal(ErrorKind.Unsupported, error.Kind);
        Assert.Contains("If-None-Match", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_where_nobody_listens_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        listener.Stop();
        using var store = new S3ObjectStore(
            new S3Location("bucket", ""), new S3StoreOptions { Endpoint = endpoint, PathStyle = true, Retries = 1 }, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
        foreach (var call in new Func<Task>[] { () => store.CheckAsync(Cancel), () => store.PutIfAbsentAsync("a", default, Cancel).AsTask(), () => store.GetAsync("a", Cancel).AsTask() })
        {
            var error = await Assert.ThrowsAsync<TarnException>(call);
            Assert.Equal(ErrorKind.Unavailable, error.Kind);
            Assert.Contains("not reached", error.Message, StringComparison.Ordinal);
            Assert.Contains(endpoint, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        var store = _stores.Open(new S3StoreOptions { Retries = 1, RequestTimeout = TimeSpan.FromMilliseconds(200) });
        _stores.Proxy.Decide = static _ => ProxyFault.Silent;
        foreach (var call in new Func<Task>[] { () => store.CheckAsync(Cancel), () => store.PutIfAbsentAsync("a", default, Cancel).AsTask(), () => store.GetAsync("a", Cancel).AsTask() })
        {
            var error = await Assert.ThrowsAsync<TarnException>(call);
            Assert.Equal(ErrorKind.Unavailable, error.Kind);
            Assert.Contains("in time", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_ends_when_its_caller_says_so()
    {
        var store = _stores.Open();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        _stores.Proxy.Decide = _ =>
        {
            stop.Cancel();
            return ProxyFault.Silent;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync("a", stop.Token).AsTask());
    }

    [Fact]
    public void Options_tell_all_their_errors_at_once()
    {
        var options = new S3StoreOptions
        {
            Region = "Not One",
            Endpoint = "localhost:9000",
            ConnectTimeout = TimeSpan.Zero,
            RequestTimeout = TimeSpan.FromHours(1),
            Retries = -1,
            PartBytes = 5,
            ParallelParts = 0,
        };
        Assert.Equal(7, options.Errors().Count);
        Assert.All(options.Errors(), static e => Assert.StartsWith("Lake:S3:", e, StringComparison.Ordinal));
        var error = Assert.Throws<TarnException>(() => new S3ObjectStore(new S3Location("bucket", ""), options, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance));
        Assert.Contains("PartBytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("Endpoint", error.Message, StringComparison.Ordinal);
        Assert.Empty(new S3StoreOptions().Errors());
    }

    [Theory]
    [InlineData("s3://bucket", "bucket", "")]
    [InlineData("s3://bucket/", "bucket", "")]
    [InlineData("s3a://my.bucket-1/a/b c=1/", "my.bucket-1", "a/b c=1")]
    [InlineData("S3://bucket/x", "bucket", "x")]
    public void A_location_is_read(string text, string bucket, string prefix) => Assert.Equal(new S3Location(bucket, prefix), S3Location.Parse(text));

    [Theory]
    [InlineData("bucket")]
    [InlineData("s3:/bucket")]
    [InlineData("s3://")]
    [InlineData("s3:///x")]
    [InlineData("s3://No_Bucket/x")]
    [InlineData("s3://ab")]
    [InlineData("s3://bucket/a//b")]
    [InlineData("s3://bucket/../b")]
    [InlineData("https://bucket/x")]
    [InlineData("s3://user:secret@bucket/x")]
    public void What_is_no_location_is_refused(string text) => Assert.Equal(ErrorKind.InvalidInput, Assert.Throws<TarnException>(() => S3Location.Parse(text)).Kind);

    [Fact]
    public async Task Others_keys_that_no_path_names_are_left_out_and_other_prefixes_are_not_seen()
    {
        await _stores.Direct.PutAsync("t/x", default, Cancel);
        using var http = new HttpClient { BaseAddress = new Uri(_stores.Proxy.Endpoint) };
        foreach (var key in new[] { "lake/t/", "lake/t//y", "lake/", "lakes/t/z", "other" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri($"{_stores.Proxy.Endpoint}/{_stores.Bucket}/{key}"));
            request.Headers.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0");
            (await http.SendAsync(request, Cancel)).EnsureSuccessStatusCode();
        }

        Assert.Equal(["t/x"], (await _stores.Direct.ListAsync("", null, Cancel).ToListAsync(Cancel)).Select(static i => i.Path));
        Assert.Equal(["t"], await _stores.Direct.ListFoldersAsync("", Cancel));
    }

    [Fact]
    public async Task A_key_that_S3_has_no_room_for_is_refused()
    {
        var error = await Assert.ThrowsAsync<TarnException>(() => _stores.Direct.PutAsync(new string('ü', 600), default, Cancel).AsTask());
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains("1,024 bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => _stores.Direct.PutAsync("a?uploadId=1", default, Cancel).AsTask())).Kind);
    }
}
