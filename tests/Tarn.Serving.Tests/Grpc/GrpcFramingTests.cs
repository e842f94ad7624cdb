using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Bodies that are messages, that nearly are, and that are none.</summary>
public sealed class GrpcFramingTests
{
    private const string Raw = "/tarn.test.Echo/Raw";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", 12, "none was sent")]
    [InlineData("00", 13, "inside a message")]
    [InlineData("00000000", 13, "inside a message")]
    [InlineData("0000000002aa", 13, "inside a message")]
    [InlineData("0000000001aa00", 12, "more were sent")]
    [InlineData("0000000001aa0000000001bb", 12, "more were sent")]
    [InlineData("0200000001aa", 13, "not with 2")]
    [InlineData("ff00000001aa", 13, "not with 255")]
    [InlineData("00ffffffff", 8, "4294967295")]
    [InlineData("0004000001", 8, "67108865")]
    [InlineData("0004000000", 13, "inside a message")]
    [InlineData("0100000001aa", 13, "names no compression")]
    public async Task A_broken_body_has_the_status_of_the_documents(string bytes, int status, string message)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await server.Client.SendBodyAsync(Raw, new ByteArrayContent(Convert.FromHexString(bytes)), cancellation: Cancelled);
        Assert.Equal((200, status, true), ((int)reply.Http, reply.Status, reply.IsTrailersOnly));
        Assert.Contains(message, reply.Message, StringComparison.Ordinal);
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_by_its_length_alone()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo, static o => o with { MaxMessageBytes = 1000 });
        await using var call = server.Client.Open(Raw, cancellation: Cancelled);
        await call.SendBytesAsync(Convert.FromHexString("00000003e9"));
        Assert.Equal(8, await call.StatusAsync());

        using var largest = await server.Client.CallAsync(Raw, new byte[1000], cancellation: Cancelled);
        Assert.Equal(0, largest.Status);
        Assert.Equal(1000, largest.Content.Length);
    }

    [Fact]
    public async Task Messages_may_arrive_in_any_pieces()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        byte[] body = [.. GrpcClient.Frame("abc"u8), .. GrpcClient.Frame([]), .. GrpcClient.Frame("de"u8)];
        for (var cut = 1; cut < body.Length; cut++)
        {
            await using var call = server.Client.Open("/tarn.test.Echo/BothRaw", cancellation: Cancelled);
            await call.SendBytesAsync(body.AsMemory(0, cut));
            await call.SendBytesAsync(body.AsMemory(cut));
            Assert.Equal("abc"u8.ToArray(), await call.ReceiveAsync());
            Assert.Equal(Array.Empty<byte>(), (await call.ReceiveAsync())!);
            Assert.Equal("de"u8.ToArray(), await call.ReceiveAsync());
            await call.EndAsync();
            Assert.Equal(0, await call.StatusAsync());
        }

        await server.AssertCleanAsync();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Compressed_messages_are_read(string encoding)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        foreach (var size in new[] { 0, 1, 3000, 3_000_000 })
        {
            var message = new byte[size];
            message.AsSpan().Fill(7);
            using var reply = await SendAsync(server, Raw, encoding, GrpcClient.Frame(Compress(encoding, message), flag: 1));
            Assert.Equal(0, reply.Status);
            Assert.True(reply.Content.SequenceEqual(message));
            Assert.Equal("identity,deflate,gzip", reply.Metadata["grpc-accept-encoding"]);
        }

        using var plain = await SendAsync(server, Raw, encoding, GrpcClient.Frame("plain"u8));
        Assert.True(plain.Content.SequenceEqual("plain"u8));
        await server.AssertCleanAsync();
    }

    [Theory]
    [InlineData("snappy", "0100000001aa", 12, "not as snappy")]
    [InlineData("snappy", "0000000001aa", 0, "")]
    [InlineData("identity", "0100000001aa", 13, "names no compression")]
    [InlineData("gzip", "0100000005aabbccddee", 13, "cannot be decompressed")]
    [InlineData("deflate", "0100000005aabbccddee", 13, "cannot be decompressed")]
    public async Task What_cannot_be_decompressed_is_refused(string encoding, string body, int status, string message)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await SendAsync(server, Raw, encoding, Convert.FromHexString(body));
        Assert.Equal(status, reply.Status);
        Assert.Contains(message, reply.Message, StringComparison.Ordinal);
        Assert.Equal(encoding != "identity", reply.Metadata.TryGetValue("grpc-accept-encoding", out var accepted));
        Assert.DoesNotContain("snappy", accepted ?? "", StringComparison.Ordinal);
        await server.AssertCleanAsync();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_compressed_message_that_lacks_its_end_is_refused(string encoding)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        var random = new byte[5000];
        new Random(1).NextBytes(random);
        var whole = Compress(encoding, random);
        foreach (var length in new[] { 1, 7, whole.Length / 2, whole.Length - 4, whole.Length - 1 })
        {
            using var reply = await SendAsync(server, Raw, encoding, GrpcClient.Frame(whole.AsSpan(0, length), flag: 1));
            Assert.True(reply.Status == 13, $"{length} of {whole.Length} bytes: status {reply.Status}");
        }

        using var more = await SendAsync(server, Raw, encoding, GrpcClient.Frame([.. whole, 0], flag: 1));
        Assert.Equal(13, more.Status);
        await server.AssertCleanAsync();
    }

    [Theory]
    [InlineData(99_999, 0)]
    [InlineData(100_000, 0)]
    [InlineData(100_001, 8)]
    [InlineData(50_000_000, 8)]
    public async Task The_limit_holds_for_what_a_message_is_decompressed(int size, int status)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo, static o => o with { MaxMessageBytes = 100_000 });
        using var reply = await SendAsync(server, Raw, "gzip", GrpcClient.Frame(Compress("gzip", new byte[size]), flag: 1));
        Assert.Equal((status, status == 0 ? size : 0), (reply.Status, reply.Messages.Sum(static m => m.Length)));
        await server.AssertCleanAsync();
    }

    [Theory]
    [InlineData("0000000002ffff")]
    [InlineData("00000000020aff")]
    [InlineData("00000000020801")]
    public async Task What_is_no_message_of_the_method_is_internal(string body)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await server.Client.SendBodyAsync("/tarn.test.Echo/Unary", new ByteArrayContent(Convert.FromHexString(body)), cancellation: Cancelled);
        Assert.Equal(body == "00000000020801" ? 0 : 13, reply.Status);
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_a_message_costs_nothing()
    {
        var ran = 0;
        await using var server = await GrpcTestServer.StartAsync(t => t.Add("a.B").UnaryRaw("Count", (_, _, _) =>
        {
            ran++;
            return default;
        }));
        using var cancel = new CancellationTokenSource();
        var call = server.Client.Open("/a.B/Count", cancellation: cancel.Token);
        var half = new byte[100_000];
        BinaryPrimitives.WriteInt32BigEndian(half.AsSpan(1), 1_000_000);
        await call.SendBytesAsync(half);
        await cancel.CancelAsync();

        using var after = await server.Client.CallAsync("/a.B/Count", default, cancellation: Cancelled);
        Assert.Equal(0, after.Status);
        await server.AssertCleanAsync();
        Assert.Equal(1, ran);
    }

    private static async ValueTask<GrpcReply> SendAsync(GrpcTestServer server, string path, string encoding, byte[] body) =>
        await server.Client.SendBodyAsync(path, new ByteArrayContent(body), r => r.Headers.Add("grpc-encoding", encoding), Cancelled);

    private static byte[] Compress(string encoding, ReadOnlySpan<byte> message)
    {
        using var compressed = new MemoryStream();
        using (Stream into = encoding == "gzip" ? new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true) : new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            into.Write(message);
        }

        return compressed.ToArray();
    }
}
