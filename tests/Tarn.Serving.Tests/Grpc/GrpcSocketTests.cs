using System.Buffers.Binary;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What only a socket can do to a server.</summary>
public sealed class GrpcSocketTests
{
    private const string Raw = "/tarn.test.Echo/Raw";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_may_come_byte_by_byte_with_padding_between()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var socket = await Http2Socket.OpenAsync(server.Url, Cancelled);
        await socket.CallAsync(1, Raw, Cancelled);
        const byte Padded = 8;
        foreach (var octet in GrpcClient.Frame("abc"u8))
        {
            await socket.SendAsync(Http2Socket.Data, Padded, 1, [2, octet, 0, 0], Cancelled);
        }

        await socket.SendAsync(Http2Socket.Data, Http2Socket.EndStream, 1, [], Cancelled);
        Assert.Equal(GrpcClient.Frame("abc"u8), (await socket.ReceiveAsync(Http2Socket.Data, 1, Cancelled))!.Value.Payload);
        var (flags, _) = (await socket.ReceiveAsync(Http2Socket.Headers, 1, Cancelled))!.Value;
        Assert.Equal(Http2Socket.EndStream, (byte)(flags & Http2Socket.EndStream));
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_stream_that_is_reset_in_a_message_leaves_its_connection_as_it_was()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var socket = await Http2Socket.OpenAsync(server.Url, Cancelled);
        var cancel = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(cancel, 8);
        for (var stream = 1; stream < 40; stream += 2)
        {
            await socket.CallAsync(stream, stream % 4 == 1 ? Raw : "/tarn.test.Echo/BothRaw", Cancelled);
            await socket.SendAsync(Http2Socket.Data, 0, stream, GrpcClient.Frame(new byte[100]).AsSpan(0, 50), Cancelled);
            await socket.SendAsync(Http2Socket.Reset, 0, stream, cancel, Cancelled);
        }

        await socket.CallAsync(41, Raw, Cancelled);
        await socket.SendAsync(Http2Socket.Data, Http2Socket.EndStream, 41, GrpcClient.Frame("after"u8), Cancelled);
        Assert.Equal(GrpcClient.Frame("after"u8), (await socket.ReceiveAsync(Http2Socket.Data, 41, Cancelled))!.Value.Payload);
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_handler_is_stopped_when_the_connection_breaks()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await GrpcTestServer.StartAsync(t => t.Add("a.B").DuplexRaw("Listen", async (requests, _, call) =>
        {
            await requests.ReadAsync();
            using var stop = call.Cancellation.Register(cancelled.SetResult);
            begun.SetResult();
            await requests.ReadAsync();
        }));
        using (var socket = await Http2Socket.OpenAsync(server.Url, Cancelled))
        {
            await socket.CallAsync(1, "/a.B/Listen", Cancelled);
            await socket.SendAsync(Http2Socket.Data, 0, 1, [.. GrpcClient.Frame("whole"u8), 0, 0, 0], Cancelled);
            await begun.Task.WaitAsync(Cancelled);
        }

        await cancelled.Task.WaitAsync(Cancelled);
        await server.AssertCleanAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Nonsense_on_a_connection_ends_that_connection_alone(int seed)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            using var socket = await Http2Socket.OpenAsync(server.Url, Cancelled);
            await socket.CallAsync(1, Raw, Cancelled);

            // A frame may not be larger than 16 KiB unless the server allows it.
            var nonsense = new byte[100];
            random.NextBytes(nonsense);
            nonsense[0] = 0xff;
            await socket.SendBytesAsync(nonsense, Cancelled);
            Assert.NotNull(await socket.ReceiveAsync(Http2Socket.GoAway, 0, Cancelled));
        }

        using var reply = await server.Client.CallAsync(Raw, "well"u8.ToArray(), cancellation: Cancelled);
        Assert.True(reply.Content.SequenceEqual("well"u8), $"seed {seed}");
        await server.AssertCleanAsync();
    }
}
