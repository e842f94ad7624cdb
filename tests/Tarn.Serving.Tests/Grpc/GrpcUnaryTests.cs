using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Calls of one message and one answer.</summary>
public sealed class GrpcUnaryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Raw")]
    [InlineData("Declared")]
    [InlineData("Unary")]
    public async Task A_message_of_any_size_comes_back(string method)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        foreach (var size in new[] { 0, 1, 5, 100, 4091, 4096, 70_000, 1 << 20, 20 << 20 })
        {
            var content = new byte[size];
            new Random(size).NextBytes(content);
            byte[] message = method == "Unary" ? new BytesValue { Value = ByteString.CopyFrom(content) }.ToByteArray() : content;
            using var reply = await server.Client.CallAsync($"/{GrpcTestServer.Service}/{method}", message, cancellation: Cancelled);
            Assert.Equal((0, null, false), (reply.Status, reply.EncodedMessage, reply.IsTrailersOnly));
            Assert.True(reply.Content.SequenceEqual(message), $"size {size}");
        }

        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task Calls_at_the_same_time_do_not_mix()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), Cancelled, async (i, cancellation) =>
        {
            var message = new byte[(i * 37) % 9000];
            message.AsSpan().Fill((byte)i);
            using var reply = await server.Client.CallAsync($"/{GrpcTestServer.Service}/{(i % 2 == 0 ? "Raw" : "Declared")}", message, cancellation: cancellation);
            Assert.Equal(0, reply.Status);
            Assert.True(reply.Content.SequenceEqual(message), $"call {i}");
        });
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_handler_that_writes_nothing_answers_with_an_empty_message()
    {
        await using var server = await GrpcTestServer.StartAsync(static t => t.Add("a.B").UnaryRaw("Empty", static (_, _, _) => default));
        using var reply = await server.Client.CallAsync("/a.B/Empty", new byte[] { 1 }, cancellation: Cancelled);
        Assert.Equal(0, reply.Status);
        Assert.True(reply.Content.IsEmpty);
    }

    [Fact]
    public async Task Metadata_go_both_ways()
    {
        await using var server = await GrpcTestServer.StartAsync(static t => t.Add("a.B").UnaryRaw("Tell", static (call, _, response) =>
        {
            call.SetHeader("x-told", call.Metadata("x-asked")!);
            call.SetHeader("x-told-bin", call.BinaryMetadata("x-asked-bin")[1]);
            call.SetTrailer("x-last", "end");
            call.SetTrailer("x-last-bin", [0xff]);
            Assert.Null(call.Metadata("x-other"));
            Assert.Empty(call.BinaryMetadata("x-other-bin"));
            response.Write("ok"u8);
            return default;
        }));
        using var reply = await server.Client.CallAsync("/a.B/Tell", default, static request =>
        {
            request.Headers.Add("x-asked", "a value");
            request.Headers.Add("x-asked-bin", "AAE=,AgM");
        }, Cancelled);
        Assert.Equal(0, reply.Status);
        Assert.Equal(("a value", "AgM", "end", "/w"), (reply.Metadata["x-told"], reply.Metadata["x-told-bin"], reply.Metadata["x-last"], reply.Metadata["x-last-bin"]));
    }

    [Fact]
    public async Task What_a_handler_wrote_before_it_failed_is_not_sent()
    {
        await using var server = await GrpcTestServer.StartAsync(static t => t.Add("a.B").UnaryRaw("Fail", static (call, _, response) =>
        {
            response.Write(new byte[10_000]);
            call.SetTrailer("retry-after", "3");
            throw new GrpcException(GrpcStatus.ResourceExhausted, "full");
        }));
        using var reply = await server.Client.CallAsync("/a.B/Fail", default, cancellation: Cancelled);
        Assert.Equal((8, "full", true, "3"), (reply.Status, reply.Message, reply.IsTrailersOnly, reply.Metadata["retry-after"]));
        Assert.Empty(reply.Messages);
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_status_follows_a_declared_message_that_is_whole()
    {
        await using var server = await GrpcTestServer.StartAsync(static t => t.Add("a.B").UnaryRaw("Fail", static (_, _, response) =>
        {
            response.Declare(2);
            response.Write("ab"u8);
            throw new GrpcException(GrpcStatus.DataLoss, "late");
        }));
        using var reply = await server.Client.CallAsync("/a.B/Fail", default, cancellation: Cancelled);
        Assert.Equal((15, "late", false), (reply.Status, reply.Message, reply.IsTrailersOnly));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    public async Task Half_a_declared_message_is_never_followed_by_a_status(int written)
    {
        await using var server = await GrpcTestServer.StartAsync(t => t.Add("a.B").UnaryRaw("Tear", (_, _, response) =>
        {
            response.Declare(10);
            response.Write(new byte[written]);
            return default;
        }).UnaryRaw("Fine", static (_, _, _) => default));
        await Assert.ThrowsAnyAsync<HttpRequestException>(async () => await server.Client.CallAsync("/a.B/Tear", default, cancellation: Cancelled));
        Assert.Equal(1, server.Log.Count(5801));

        using var after = await server.Client.CallAsync("/a.B/Fine", default, cancellation: Cancelled);
        Assert.Equal(0, after.Status);
    }

    [Fact]
    public async Task Writing_beyond_what_was_declared_is_the_handlers_fault()
    {
        var refused = new List<string>();
        await using var server = await GrpcTestServer.StartAsync(t => t.Add("a.B").UnaryRaw("Over", (_, _, response) =>
        {
            response.Declare(1);
            refused.Add(Assert.Throws<InvalidOperationException>(() => response.Write("ab"u8)).Message);
            refused.Add(Assert.Throws<InvalidOperationException>(() => response.Declare(1)).Message);
            response.Write("a"u8);
            return default;
        }));
        using var reply = await server.Client.CallAsync("/a.B/Over", default, cancellation: Cancelled);
        Assert.Equal(0, reply.Status);
        Assert.Equal(2, refused.Count);
        Assert.True(reply.Content.SequenceEqual("a"u8));
    }

    [Fact]
    public async Task A_call_has_nothing_of_the_calls_before_it()
    {
        await using var server = await GrpcTestServer.StartAsync(static t => t.Add("a.B").UnaryRaw("First", static (call, request, response) =>
        {
            if (!request.IsEmpty)
            {
                call.SetHeader("x-head", "1");
                call.SetTrailer("x-tail", "1");
                response.Write("much"u8);
                throw new GrpcException(GrpcStatus.Unknown, "once");
            }

            response.Write(call.Timeout is null && call.Deadline is null ? "new"u8 : "used"u8);
            return default;
        }));
        for (var i = 0; i < 20; i++)
        {
            using var first = await server.Client.CallAsync("/a.B/First", new byte[1], static r => r.Headers.Add("grpc-timeout", "1H"), Cancelled);
            Assert.Equal((2, "1", "1"), (first.Status, first.Metadata["x-head"], first.Metadata["x-tail"]));
            using var second = await server.Client.CallAsync("/a.B/First", default, cancellation: Cancelled);
            Assert.Equal((0, "", false, false), (second.Status, second.Message, second.Metadata.ContainsKey("x-head"), second.Metadata.ContainsKey("x-tail")));
            Assert.True(second.Content.SequenceEqual("new"u8));
        }

        await server.AssertCleanAsync();
    }

    [Fact]
    public void Options_are_checked()
    {
        var refused = Assert.Throws<Core.TarnException>(static () => new GrpcServer(new(), new() { MaxMessageBytes = 0 }, new GrpcTestLog()));
        Assert.Contains("MaxMessageBytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_fits_its_description_or_is_not_described()
    {
        Assert.Throws<InvalidOperationException>(() => Described(GrpcInference.Service).UnaryRaw("Nothing", static (_, _, _) => default).Descriptor);
        Assert.Throws<InvalidOperationException>(() => Described(GrpcInference.Service).UnaryRaw("ModelStreamInfer", static (_, _, _) => default).Descriptor);
        Assert.Throws<InvalidOperationException>(() => Described("inference.Other").Descriptor);
        Assert.NotNull(Described(GrpcInference.Service).UnaryRaw("ModelInfer", static (_, _, _) => default).Descriptor);
        Assert.Null(new GrpcServiceTable().Add("a.B").Descriptor);

        static GrpcService Described(string name) => new GrpcServiceTable().Add(name, static () => OpenInference.GrpcServiceReflection.Descriptor.Services[0]);
    }
}
