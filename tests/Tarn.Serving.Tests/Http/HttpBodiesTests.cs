using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Bodies as HTTP lets them come and go: compressed, in chunks, after a question, too large.</summary>
public sealed class HttpBodiesTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private const string Path = "/v1/models/half_plus_two:predict";
    private const string Body = """{"instances": [1.0, 2.0, 5.0]}""";
    private const string Answer = """{"predictions":[2.5,3.0,4.5]}""";

    private readonly ServingHost _host = shared.Host;

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("GZIP")]
    [InlineData("deflate")]
    [InlineData("identity")]
    public async Task A_compressed_request_is_read(string coding)
    {
        var (status, answer) = await SendAsync(Encode(coding, Encoding.UTF8.GetBytes(Body)), coding);

        Assert.Equal((200, Answer), (status, answer));
    }

    [Theory]
    [InlineData("br", 415)]
    [InlineData("gzip, gzip", 415)]
    [InlineData("gzip", 400)]
    [InlineData("deflate", 400)]
    public async Task A_coding_that_is_unknown_or_wrong_is_refused(string coding, int expected)
    {
        Assert.Equal(expected, (await SendAsync(Encoding.UTF8.GetBytes(Body), coding)).Status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_compressed_request_that_is_cut_off_is_refused(string coding)
    {
        var body = Encode(coding, Encoding.UTF8.GetBytes(Body));

        Assert.Equal(400, (await SendAsync(body[..^10], coding)).Status);
        Assert.Equal(400, (await SendAsync(body[..3], coding)).Status);
    }

    [Theory]
    [InlineData("FFFFFFFFFFFF")]
    [InlineData("7FFFFFFFF")]
    [InlineData("x")]
    public void A_chunk_of_no_length_that_there_is_is_refused(string length)
    {
        using var connection = new RawConnection(_host.Client.BaseAddress!, TimeSpan.FromSeconds(30));
        connection.Send(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{length}\r\n{Body}\r\n0\r\n\r\n"));
        Assert.Equal(400, connection.Receive(isHead: false));
    }

    [Fact]
    public async Task What_a_small_body_unpacks_to_counts_for_the_limit()
    {
        await using var host = await ServingHost.StartAsync(
            static folder => TestModels.Write(folder, "half_plus_two", 1, TestModels.HalfPlusTwo()), new ServingOptions { Defaults = new ModelOptions { MaxRequestBytes = 1 << 20 } });
        var bomb = Encode("gzip", new byte[64 << 20]);

        Assert.True(bomb.Length < 1 << 20);
        Assert.Equal(413, (await SendAsync(bomb, "gzip", host)).Status);

        // It is refused by its length alone: a client that sends it nevertheless may find the connection closed before it has read why.
        using var connection = new RawConnection(host.Client.BaseAddress!, TimeSpan.FromSeconds(30));
        connection.Send(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {(1 << 20) + 1}\r\n\r\n"));
        Assert.Equal(413, connection.Receive(isHead: false));
        Assert.Equal((200, Answer), await SendAsync(Encoding.UTF8.GetBytes(Body), "identity", host));
    }

    [Fact]
    public async Task A_body_in_chunks_is_limited_too()
    {
        await using var host = await ServingHost.StartAsync(
            static folder => TestModels.Write(folder, "half_plus_two", 1, TestModels.HalfPlusTwo()), new ServingOptions { Defaults = new ModelOptions { MaxRequestBytes = 1 << 16 } });
        const int Size = (1 << 16) + 1;

        // All in one piece: the server closes the connection when it has read too much, and what is sent after that fails before the answer is read.
        using var connection = new RawConnection(host.Client.BaseAddress!, TimeSpan.FromSeconds(30));
        connection.Send(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{Size:x}\r\n{new string(' ', Size)}\r\n0\r\n\r\n"));
        Assert.Equal(413, connection.Receive(isHead: false));
    }

    [Fact]
    public async Task A_body_may_be_larger_than_the_servers_own_limit_where_the_models_is()
    {
        var body = Encoding.UTF8.GetBytes(Body.PadRight(40 << 20));

        Assert.Equal((200, Answer), await SendAsync(body, "identity"));
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("br, gzip;q=0.5", "gzip")]
    [InlineData("gzip;q=0, deflate", "deflate")]
    [InlineData("GZip", "gzip")]
    [InlineData("br", null)]
    [InlineData("gzip;q=0.000", null)]
    public async Task A_large_answer_is_compressed_for_who_takes_that(string accepted, string? expected)
    {
        var many = $$"""{"instances": [{{string.Join(',', Enumerable.Range(0, 2000))}}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_host.Url, Path)) { Content = new StringContent(many) };
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expected, response.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Equal(expected is null ? [] : ["Accept-Encoding"], response.Headers.Vary);
        var plain = (await _host.PostAsync(Path, many)).Body;
        Assert.Equal(plain, Encoding.UTF8.GetString(expected is null ? bytes : Decode(expected, bytes)));
    }

    [Fact]
    public async Task A_small_answer_is_sent_as_it_is()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_host.Url, Path)) { Content = new StringContent(Body) };
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        var response = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task A_body_comes_in_chunks_of_any_size(int size)
    {
        var text = new StringBuilder($"POST {Path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        foreach (var chunk in Body.Chunk(size))
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{chunk.Length:x}\r\n{new string(chunk)}\r\n");
        }

        Assert.EndsWith(Answer, await RawAsync(text.Append("0\r\n\r\n").ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_asks_before_it_sends_is_told_to_go_on()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_host.Url.Host, _host.Url.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Body), TestContext.Current.CancellationToken);
        Assert.EndsWith(Answer, await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_that_are_sent_at_once_are_answered_in_their_order()
    {
        var one = $"POST {Path} HTTP/1.1\r\nHost: x\r\nContent-Length: {Body.Length}\r\n\r\n{Body}";
        var other = "POST /v2/models/none/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
        var answers = await RawAsync(one + other + one + "GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Equal(["200", "404", "200", "200"], answers.Split("HTTP/1.1 ")[1..].Select(static a => a[..3]));
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_host.Url.Host, _host.Url.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private async Task<(int Status, string Body)> SendAsync(byte[] body, string coding, ServingHost? host = null)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        using var response = await (host ?? _host).Client.PostAsync(new Uri(Path, UriKind.Relative), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static byte[] Encode(string coding, byte[] body)
    {
        if (coding == "identity")
        {
            return body;
        }

        using var to = new MemoryStream();
        using (Stream stream = coding == "deflate" ? new ZLibStream(to, CompressionLevel.Optimal, leaveOpen: true) : new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(body);
        }

        return to.ToArray();
    }

    private static byte[] Decode(string coding, byte[] body)
    {
        using var to = new MemoryStream();
        using Stream stream = coding == "deflate" ? new ZLibStream(new MemoryStream(body), CompressionMode.Decompress) : new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        stream.CopyTo(to);
        return to.ToArray();
    }
}
